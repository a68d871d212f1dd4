import { z } from "zod";
import type { Evidence } from "./evidence.ts";
import type { Expected, Part } from "./expected.ts";
import type { Outcomes } from "./drive.ts";

const format = "shop-replay-books-1";

/** What a replay came to, without what differs from run to run: ids, times, the order of what overlapped. */
const Books = z.object({
  format: z.literal(format),
  /** By invoice. */
  orders: z.record(
    z.string(),
    z.object({
      decision: z.string(),
      capturedPence: z.int(),
      refundedPence: z.int(),
      articles: z.record(z.string(), z.int()),
    }),
  ),
  /** By invoice and line of the file, or by the invoice of a late return. */
  returns: z.record(z.string(), z.object({ article: z.string(), outcome: z.string() })),
  /** By article. */
  stock: z.record(z.string(), z.object({ opening: z.int(), available: z.int(), sold: z.int() })),
});

export type Books = z.infer<typeof Books>;

/** The books of a run, from what the services say: orders by invoice, returns by line, stock by article. */
export function booksOf(
  outcomes: Outcomes,
  expected: Expected,
  { payments, levels, returns }: Evidence,
): Books {
  const paid = new Map(payments.map((payment) => [payment.orderId, payment]));
  const amounts = new Map(returns.map((one) => [one.returnId, one.pence]));
  const parts = new Map(expected.returns.map((one) => [one.returnId, one.parts]));
  const outcome = (returnId: string | undefined) =>
    returnId === undefined
      ? "nothing-to-return"
      : `${amounts.get(returnId)} pence from ${from(parts.get(returnId))}`;
  return {
    format,
    orders: sorted(
      outcomes.orders.map(({ order, orderId, state, reason }) => [
        order.invoice,
        {
          decision: reason ?? state,
          capturedPence: paid.get(orderId)?.capturedPence ?? 0,
          refundedPence: paid.get(orderId)?.refundedPence ?? 0,
          articles: sorted(
            order.lines.map((line): [string, number] => [line.article, line.quantity]),
            (a, b) => a + b,
          ),
        },
      ]),
    ),
    returns: sorted([
      ...outcomes.returns.map(({ invoice, row, returnId }): [string, Books["returns"][string]] => [
        `${invoice} line ${row.line}`,
        { article: row.article, outcome: outcome(returnId) },
      ]),
      ...outcomes.late.map(({ order, returnId }): [string, Books["returns"][string]] => [
        `late ${order.invoice}`,
        { article: order.lines[0]!.article, outcome: outcome(returnId) },
      ]),
    ]),
    stock: sorted(
      levels.map(({ article, opening, available, sold }) => [article, { opening, available, sold }]),
    ),
  };
}

function from(parts: readonly Part[] | undefined): string {
  return (parts ?? [])
    .map((part) => `${part.invoice} line ${part.line}`)
    .toSorted()
    .join(", ");
}

/** An object with its keys in order, so that two files of equal books are equal. `join` merges values of one key. */
function sorted<V>(entries: readonly (readonly [string, V])[], join?: (a: V, b: V) => V): Record<string, V> {
  const merged = new Map<string, V>();
  for (const [key, value] of entries)
    merged.set(key, merged.has(key) && join ? join(merged.get(key)!, value) : value);
  return Object.fromEntries([...merged].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reads what `--books` wrote. @returns undefined for anything else */
export function readBooks(text: string): Books | undefined {
  try {
    return Books.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
