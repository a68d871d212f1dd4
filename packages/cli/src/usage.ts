/** The command line asks for something that does not exist. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something cannot be done, for a reason that the message gives with its remedy. Ends with exit code 1. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/**
 * Says that there is no `what` called `word`, with the nearest that exists, and all of them.
 * `refuseWord("topology", "splt", ["monolith", "split"])`.
 */
export function refuseWord(what: string, word: string, known: readonly string[]): never {
  const close = nearest(word, known);
  throw new UsageError(
    `There is no ${what} "${word}".${close ? ` Did you mean "${close}"?` : ""} ` +
      (known.length > 0
        ? `There ${known.length > 1 ? "are" : "is"}: ${known.join(", ")}.`
        : "There are none."),
  );
}

/** The word of `known` with the fewest letters to change, if that is at most a third of them (and at least one). */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const scored = known
    .map((candidate) => ({ candidate, cost: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, cost }) => cost <= Math.max(1, Math.ceil(candidate.length / 3)))
    .toSorted((a, b) => a.cost - b.cost);
  return scored[0]?.candidate;
}

/** Optimal string alignment: insertions, deletions, changes and swaps of neighbours each cost one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, rows[i - 2]![j - 2]! + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
