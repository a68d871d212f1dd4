/** Where in a view the reader was, for the way back to it: how far it was scrolled, and the row that had the focus. */
interface Kept {
  readonly scroll: number;
  readonly row: string | null;
}

/** A view loads before it is as long as it was. */
const PATIENCE_MS = 2_000;

const scroller = () => document.querySelector<HTMLElement>("#view .view-body, #view .waterfall");

/** Notes it with the entry of the history that is about to be left. */
export function keepPlace(): void {
  const focused = document.activeElement;
  const kept: Kept = {
    scroll: scroller()?.scrollTop ?? 0,
    row: focused?.matches("[data-row]") ? focused.getAttribute("href") : null,
  };
  history.replaceState(kept, "");
}

/** Goes there again, as soon as there is enough to be scrolled; what the reader does meanwhile comes first. */
export function returnToPlace(): void {
  const kept = history.state as Kept | null;
  if (!kept || (kept.scroll === 0 && kept.row === null)) return;
  const until = Date.now() + PATIENCE_MS;
  const over = new AbortController();
  for (const type of ["wheel", "keydown", "pointerdown"])
    addEventListener(type, () => over.abort(), { signal: over.signal, passive: true });
  const look = () => {
    if (over.signal.aborted) return;
    const area = scroller();
    const isThere = area !== null && area.scrollHeight - area.clientHeight >= kept.scroll;
    if (!isThere && Date.now() < until) return void requestAnimationFrame(look);
    over.abort();
    if (area) area.scrollTop = kept.scroll;
    if (kept.row !== null)
      document
        .querySelector<HTMLElement>(`[data-row][href="${CSS.escape(kept.row)}"]`)
        ?.focus({ preventScroll: true });
  };
  requestAnimationFrame(look);
}
