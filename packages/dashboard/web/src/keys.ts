import { useEffect, useRef } from "preact/hooks";

/** `"g t"` is one key after the other, within a second. */
export type Shortcuts = { readonly [keys: string]: () => void };

const TOGETHER_MS = 1_000;

/** Keys of the whole page; none works while something is typed into a field. */
export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    let first = "";
    let firstAt = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isField(event.target)) return;
      const both = Date.now() - firstAt < TOGETHER_MS ? `${first} ${event.key}` : "";
      const action = shortcuts[both] ?? shortcuts[event.key];
      first = event.key;
      firstAt = Date.now();
      if (!action) return;
      event.preventDefault();
      first = "";
      action();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [shortcuts]);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

/** Escape, unless it closes a dialog that stands before what `close` closes; within a field it leaves that first. */
export function useEscape(close: () => void): void {
  const now = useRef(close);
  now.current = close;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
      if (isField(event.target)) (event.target as HTMLElement).blur();
      else now.current();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

/** The list's next or previous row: rows are the links with `data-row`. */
export function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const now = rows.indexOf(document.activeElement as HTMLElement);
  const next = now === -1 ? (by === 1 ? 0 : rows.length - 1) : now + by;
  rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
}

export function focusSearch(): void {
  document.querySelector<HTMLInputElement>("[data-search]")?.focus();
}
