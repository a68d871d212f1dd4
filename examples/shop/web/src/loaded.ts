import { useEffect, useState } from "preact/hooks";

/** Something that is asked for: not there yet, there, or not to be had. */
export type Loaded<T> =
  | { readonly kind: "loading"; readonly before: T | undefined }
  | { readonly kind: "there"; readonly value: T }
  | { readonly kind: "failed"; readonly error: Error };

/** Loads anew whenever one of `on` changes; what came before stays meanwhile. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, on: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<Loaded<T>>({ kind: "loading", before: undefined });
  useEffect(() => {
    const over = new AbortController();
    setState((now) => ({ kind: "loading", before: now.kind === "there" ? now.value : undefined }));
    load(over.signal).then(
      (value) => over.signal.aborted || setState({ kind: "there", value }),
      (error: Error) => over.signal.aborted || setState({ kind: "failed", error }),
    );
    return () => over.abort();
  }, on);
  return state;
}

/** What can be shown of it by now. */
export function shown<T>(state: Loaded<T>): T | undefined {
  if (state.kind === "there") return state.value;
  return state.kind === "loading" ? state.before : undefined;
}
