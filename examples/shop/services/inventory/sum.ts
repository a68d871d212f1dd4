export interface Item {
  readonly article: string;
  readonly quantity: number;
}

/** One item for each article, with all of its pieces, by code. */
export function sumByArticle(items: readonly Item[]): Item[] {
  const sums = new Map<string, number>();
  for (const { article, quantity } of items) sums.set(article, (sums.get(article) ?? 0) + quantity);
  return [...sums]
    .map(([article, quantity]) => ({ article, quantity }))
    .toSorted((a, b) => (a.article < b.article ? -1 : 1));
}

/** The first item that there is too little of, with what there is. An article that is not in stock has none. */
export function firstShort(
  wanted: readonly Item[],
  available: ReadonlyMap<string, number>,
): { article: string; wanted: number; available: number } | undefined {
  for (const { article, quantity } of wanted) {
    const left = available.get(article) ?? 0;
    if (left < quantity) return { article, wanted: quantity, available: left };
  }
  return undefined;
}
