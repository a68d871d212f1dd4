/** Numbers that look random, the same for the same seed. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  /** One of a list that is not empty. */
  pick<T>(all: readonly T[]): T;
  shuffle<T>(all: readonly T[]): T[];
}

/** Mulberry32, by Tommy Ettinger (public domain): 32 bits of state are plenty for a plan. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    pick: (all) => all[between(0, all.length - 1)]!,
    shuffle(all) {
      const cards = [...all];
      for (let i = cards.length - 1; i > 0; i--) {
        const j = between(0, i);
        [cards[i], cards[j]] = [cards[j]!, cards[i]!];
      }
      return cards;
    },
  };
}
