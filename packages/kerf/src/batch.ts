import DataLoader from "dataloader";
import { StatusError } from "./errors.ts";
import { refuse } from "./refuse.ts";

/** How the answers of a batch belong to its keys. */
export interface BatchOptions<K, A, V> {
  /** The key that an answer belongs to. */
  readonly key: (answer: A) => K;
  /** What who asks for that key is given; the answer itself where absent. What it throws is thrown to that one only. */
  readonly value?: (answer: A) => V;
  /** For a key without an answer. `NOT_FOUND` is thrown where absent. */
  readonly missing?: (key: K) => V;
  /** At most so many keys in one question; more become several. Default 100. */
  readonly max?: number;
}

/**
 * Makes one question of many: what a handler looks up one by one is gathered until it has nothing else to do, each key
 * once, and asked together. Make it inside the handler: it remembers its answers, and what one caller may see is not for
 * the next.
 *
 * ```ts
 * const stockOf = batch(async (articles: readonly string[]) => (await call(inventory.stocks, { articles })).stocks, {
 *   key: (stock) => stock.article,
 * });
 * const shown = await Promise.all(products.map(async (one) => ({ ...one, left: (await stockOf(one.code)).available })));
 * ```
 *
 * Where a question fails, so does every lookup that was part of it, and no other. An answer to a key that was not asked
 * for is dropped.
 * @throws DeclarationError for a `max` that is no whole number from 1
 */
export function batch<K extends string | number, A, V = A>(
  ask: (keys: readonly K[]) => Promise<readonly A[]>,
  options: BatchOptions<K, A, V>,
): (key: K) => Promise<V> {
  const { key, value, missing, max = 100 } = options;
  if (!Number.isSafeInteger(max) || max < 1)
    refuse(
      "batch({ max })",
      `${max} is not a whole number from 1`,
      "say how many keys one question may have",
    );
  const valueOf = (wanted: K, answers: ReadonlyMap<K, A>): V | Error => {
    try {
      if (answers.has(wanted)) {
        const answer = answers.get(wanted)!;
        return value ? value(answer) : (answer as unknown as V);
      }
      if (missing) return missing(wanted);
      return new StatusError("NOT_FOUND", `there is no answer for "${wanted}"`);
    } catch (error) {
      return error instanceof Error ? error : StatusError.from(error);
    }
  };
  const loader = new DataLoader<K, V>(
    async (keys) => {
      const answers = new Map((await ask(keys)).map((answer) => [key(answer), answer]));
      return keys.map((wanted) => valueOf(wanted, answers));
    },
    { maxBatchSize: max },
  );
  return (wanted) => loader.load(wanted);
}
