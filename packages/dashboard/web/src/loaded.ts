import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Topic } from "../../src/api/index.ts";
import { ask, type Refusal } from "./ask.ts";
import { onChange, onReturn } from "./live.ts";

/** An answer of the server as a view needs it. */
export interface Loaded<T> {
  /** What came last; it stays while newer is asked for, and where that fails. */
  readonly value: T | undefined;
  readonly error: Refusal | undefined;
  /** Another question was asked than the one that `value` answers. */
  readonly stale: boolean;
  readonly reload: () => void;
}

/** Between two loads of one view, so that a busy application does not keep page and server busy. */
const EVERY_MS = 2_000;

/**
 * Asks for `path`, again where it changes, and again when the server says that one of `topics` changed, unless nobody
 * looks at the page. Nothing is asked for null. With `sinceMs` it is asked for the time from so long ago until now.
 */
export function useLoaded<T>(path: string | null, topics: readonly Topic[] = [], sinceMs = 0): Loaded<T> {
  const [answer, setAnswer] = useState<{ path: string | null; value: T | undefined; error?: Refusal }>({
    path: null,
    value: undefined,
  });
  const loading = useRef<AbortController | undefined>(undefined);

  const load = useCallback(() => {
    loading.current?.abort();
    if (path === null) return;
    const over = (loading.current = new AbortController());
    ask<T>(sinceMs > 0 ? `${path}&fromAt=${startOf(sinceMs)}` : path, over.signal).then(
      (value) => over.signal.aborted || setAnswer({ path, value }),
      (error: Refusal) =>
        over.signal.aborted ||
        setAnswer((now) => ({ path, value: now.path === path ? now.value : undefined, error })),
    );
  }, [path, sinceMs]);

  useEffect(() => {
    load();
    return () => loading.current?.abort();
  }, [load]);
  useEffect(() => onReturn(load), [load]);
  useReloads(load, topics);

  return { value: answer.value, error: answer.error, stale: answer.path !== path, reload: load };
}

/** In steps, so that what is counted in bins of time does not move with each load. */
function startOf(sinceMs: number): number {
  const step = sinceMs / 120;
  return Math.floor((Date.now() - sinceMs) / step) * step;
}

function useReloads(load: () => void, topics: readonly Topic[]): void {
  const wanted = topics.join();
  useEffect(() => {
    if (wanted === "") return;
    let last = Date.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const due = () => {
      timer = undefined;
      if (document.hidden) return;
      last = Date.now();
      load();
    };
    const soon = () => (timer ??= setTimeout(due, Math.max(0, last + EVERY_MS - Date.now())));
    const stop = onChange((changed) => {
      if (changed.some((topic) => wanted.split(",").includes(topic))) soon();
    });
    document.addEventListener("visibilitychange", soon);
    return () => {
      stop();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", soon);
    };
  }, [load, wanted]);
}
