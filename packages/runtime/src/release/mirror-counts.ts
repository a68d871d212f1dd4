/** How the copies of queries were answered. */
export interface MirrorStatus {
  readonly sent: number;
  readonly equal: number;
  readonly different: number;
  /** The new version failed where the other did not. */
  readonly failed: number;
  /** Of all: it took over twice as long, and 10 ms more. */
  readonly slower: number;
  /** Not sent: too many were under way. */
  readonly skipped: number;
  /** What differed, and how often: `"catalog@2.item price.amount"`. Never values: those may be people's. */
  readonly differences: Readonly<Record<string, number>>;
}

export type Comparison = "equal" | "different" | "failed";

/** Kinds of differences that are told apart. */
const mostDifferences = 50;

export class MirrorCounts {
  readonly #counts = { sent: 0, equal: 0, different: 0, failed: 0, slower: 0, skipped: 0 };
  readonly #differences = new Map<string, number>();

  skip(): void {
    this.#counts.skipped += 1;
  }

  count(member: string, found: Comparison, slower: boolean, paths: readonly string[]): void {
    this.#counts.sent += 1;
    this.#counts[found] += 1;
    if (slower) this.#counts.slower += 1;
    for (const path of paths) {
      const name = `${member} ${path}`;
      const before = this.#differences.get(name);
      if (before !== undefined || this.#differences.size < mostDifferences)
        this.#differences.set(name, (before ?? 0) + 1);
    }
  }

  read(): MirrorStatus {
    return { ...this.#counts, differences: Object.fromEntries(this.#differences) };
  }
}
