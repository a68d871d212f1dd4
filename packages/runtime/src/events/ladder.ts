/** The first tries of a message, in the delivery itself: the pauses before each, under 1 s together. */
export const fastPausesMs: readonly number[] = [0, 50, 100, 250, 500];

/** No fast try begins after this: a slow failure would hold up the other keys of its lane. */
export const fastMs = 1_000;

const firstMs = 1_000;
const longestMs = 2 * 3_600_000;

/** After this long a message that still fails is a dead letter. */
export const giveUpMs = 24 * 3_600_000;

/** The pause before slow try number `attempts` (from 0): 1 s, doubling to 2 h, ± 20 %. */
export function slowPauseMs(attempts: number, random: () => number): number {
  return Math.min(firstMs * 2 ** Math.min(attempts, 20), longestMs) * (0.8 + 0.4 * random());
}
