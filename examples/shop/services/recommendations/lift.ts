/** How often an article was bought, and how often together with the one in question. */
export interface Count {
  readonly article: string;
  /** Of the baskets looked at, those that hold both. */
  readonly together: number;
  /** All baskets that hold this one. */
  readonly withIt: number;
}

export interface Alike {
  readonly article: string;
  readonly lift: number;
  readonly together: number;
}

/** Two articles that met once met by chance: rarer ones would otherwise always win. */
const leastTogether = 2;

/**
 * How many times likelier B is in a basket that holds A than in any: P(B|A) / P(B). 1 says that they have nothing to
 * do with each other. (Brin, Motwani, Ullman, Tsur 1997, where it is called interest.)
 *
 * @param looked baskets with A that were looked at
 * @param baskets all baskets
 */
export function lift({ together, withIt }: Count, looked: number, baskets: number): number {
  return together / looked / (withIt / baskets);
}

/** The articles that are bought together with one more often than chance would have it, by lift. */
export function rankByLift(
  counts: readonly Count[],
  looked: number,
  baskets: number,
  limit: number,
): Alike[] {
  return counts
    .filter(({ together }) => together >= leastTogether)
    .map((count) => ({
      article: count.article,
      together: count.together,
      lift: lift(count, looked, baskets),
    }))
    .filter((alike) => alike.lift > 1)
    .toSorted((a, b) => b.lift - a.lift || b.together - a.together || (a.article < b.article ? -1 : 1))
    .slice(0, limit);
}
