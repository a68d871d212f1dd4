import { durationMs, type Duration } from "./duration.ts";
import type { Outcome } from "./errors.ts";

/** What a part passes on to the calls that it makes: they end when the part is late, or not wanted any more. */
export interface PartLimits {
  /** What the part has, never more than what is left of the caller's own deadline. */
  readonly timeoutMs: number;
  /** Aborts when the part is late, when a required part has failed, and when the caller went away. */
  readonly signal: AbortSignal;
}

/** Asks for one part: `(within) => call(inventory.stock, { article }, within)`. */
export type Ask<T> = (within: PartLimits) => Promise<T>;

declare const answer: unique symbol;

/** A part with its deadline. Made by {@link required} and {@link optional}. */
export interface Part<out T> {
  readonly [answer]?: T;
  readonly ask: Ask<unknown>;
  /** Undefined: as long as a call may take. */
  readonly withinMs: number | undefined;
  /** What stands for it where it cannot be had; undefined where nothing may: the whole fails. */
  readonly otherwise: ((outcome: Outcome<unknown> & { readonly ok: false }) => unknown) | undefined;
}

export type Parts = { readonly [name: string]: Ask<unknown> | Part<unknown> };

/** What came of each part. */
export type Gathered<P extends Parts> = {
  -readonly [K in keyof P]: P[K] extends Part<infer T> ? T : P[K] extends Ask<infer T> ? T : never;
};

/**
 * Asks for several parts at once. A function is a required part; {@link required} gives it a deadline, and
 * {@link optional} lets the answer come without it. No part outlives the answer: what is late or not wanted any more is
 * aborted by its signal, and nobody waits for it.
 * @throws what a required part failed with, the first of them
 */
export interface Gather {
  <const P extends Parts>(parts: P): Promise<Gathered<P>>;
}

/** A part without which there is no answer. `within` at most, such as `"800ms"`; 2 s where absent. */
export function required<T>(ask: Ask<T>, { within }: { readonly within?: Duration } = {}): Part<T> {
  return { ask, withinMs: withinOf(within, "required"), otherwise: undefined };
}

/**
 * A part that the answer can do without: `{ ok: true, value }`, or `{ ok: false, code, error }` where it failed or took
 * longer than `within` (2 s where absent). With `otherwise` the value itself, or that instead. What is left out is
 * logged and counted.
 */
export function optional<T>(ask: Ask<T>, options?: { readonly within?: Duration }): Part<Outcome<T>>;
export function optional<T, O>(
  ask: Ask<T>,
  options: { readonly within?: Duration; readonly otherwise: O },
): Part<T | O>;
export function optional<T>(
  ask: Ask<T>,
  options: { readonly within?: Duration; readonly otherwise?: unknown } = {},
): Part<unknown> {
  const withinMs = withinOf(options.within, "optional");
  if ("otherwise" in options) return { ask, withinMs, otherwise: () => options.otherwise };
  return {
    ask: async (within) => ({ ok: true, value: await ask(within) }),
    withinMs,
    otherwise: (outcome) => outcome,
  };
}

const known = new Map<string, number>();

/** Parts are made for every request, with the same few texts. */
function withinOf(within: Duration | undefined, place: string): number | undefined {
  if (within === undefined) return undefined;
  let ms = known.get(within);
  if (ms === undefined) {
    ms = durationMs(within, `${place}({ within })`);
    if (known.size < 1_000) known.set(within, ms);
  }
  return ms;
}
