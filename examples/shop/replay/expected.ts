import type { LateReturn, OrderOutcome, Outcomes, ReturnOutcome } from "./drive.ts";
import type { Line, Order, Plan } from "./plan.ts";

/** Pieces that came back from one line. */
export interface Part {
  readonly invoice: string;
  /** Of the order, from 1. */
  readonly line: number;
  readonly quantity: number;
  /** Of one piece. */
  readonly pence: number;
}

/** A return that the shop accepted, and what it must have taken. */
export interface ExpectedReturn {
  readonly returnId: string;
  readonly invoice: string;
  readonly customerId: string;
  readonly article: string;
  readonly quantity: number;
  /** Newest first; undefined where more was accepted than the customer had left. */
  readonly parts: readonly Part[] | undefined;
}

/** An order that was decided, and what it must have come to. */
export interface ExpectedOrder {
  readonly order: Order;
  readonly orderId: string;
  readonly confirmed: boolean;
  readonly reason: string | undefined;
}

/** What the file and the decisions come to. */
export interface Expected {
  readonly orders: readonly ExpectedOrder[];
  readonly returns: readonly ExpectedReturn[];
  /** Decisions that the file contradicts, in words; empty where more than one invoice was in flight. */
  readonly contradictions: readonly string[];
}

/** Takes back what a return of the shop says it took: with several invoices in flight, the file alone cannot tell. */
export type PartsOf = (returnId: string) => readonly Part[] | undefined;

/** An order's lines and how many pieces of each are left with the customer. */
interface Held {
  readonly order: Order;
  readonly left: number[];
}

/**
 * Goes through the file with the decisions and nothing else. `told` is given where invoices overlapped: then which lines
 * a return took is as the shop says, and {@link Expected.contradictions} stays empty.
 */
export function expect(plan: Plan, outcomes: Outcomes, told?: PartsOf): Expected {
  const decided = new Map(outcomes.orders.map((outcome) => [outcome.order, outcome]));
  const answers = Map.groupBy(outcomes.returns, (outcome) => outcome.row);
  const available = new Map(plan.opening);
  const held = new Map<string, Held[]>();
  const orders: ExpectedOrder[] = [];
  const returns: ExpectedReturn[] = [];
  const contradictions: string[] = [];

  for (const invoice of plan.invoices) {
    if (invoice.kind === "order") {
      const outcome = decided.get(invoice);
      if (!outcome) continue;
      const { orderId, reason } = outcome;
      const confirmed = outcome.state === "confirmed";
      orders.push({ order: invoice, orderId, confirmed, reason });
      contradictions.push(...contradictionsOf(outcome, available));
      if (!confirmed) continue;
      for (const { article, quantity } of invoice.lines) add(available, article, -quantity);
      if (invoice.customerId !== undefined) {
        const orderedBefore = held.get(invoice.customerId) ?? [];
        held.set(invoice.customerId, [
          ...orderedBefore,
          { order: invoice, left: invoice.lines.map((line) => line.quantity) },
        ]);
      }
      continue;
    }
    for (const row of invoice.rows) {
      const [answer] = answers.get(row) ?? [];
      if (!answer) continue;
      const parts = takeNewest(held.get(row.customerId) ?? [], row.article, row.quantity);
      if ((parts === undefined) !== (answer.returnId === undefined))
        contradictions.push(
          `line ${row.line} (${invoice.invoice}): ${parts ? "there was enough to return" : "too little was left to return"}`,
        );
      if (answer.returnId === undefined) continue;
      if (parts) take(held.get(row.customerId)!, parts);
      add(available, row.article, row.quantity);
      returns.push(returnOf(answer, told ? told(answer.returnId) : parts));
    }
  }
  for (const late of outcomes.late) returns.push(lateReturnOf(late));
  return { orders, returns, contradictions: told ? [] : contradictions };
}

function contradictionsOf(
  { order, state, reason }: OrderOutcome,
  available: ReadonlyMap<string, number>,
): string[] {
  const short = [...piecesOf(order.lines)].find(([article, wanted]) => wanted > available.get(article)!);
  const declined = order.totalPence % 20 === 16;
  const due = short ? "OutOfStock" : declined ? "Declined" : "confirmed";
  const given = state === "confirmed" ? state : reason;
  if (given === due || given === "Undeliverable") return [];
  return [`${order.invoice}: ${given} instead of ${due}${short ? ` (${short[0]}: ${short[1]} wanted)` : ""}`];
}

/** Pieces per article. */
export function piecesOf(lines: readonly Line[]): Map<string, number> {
  const pieces = new Map<string, number>();
  for (const { article, quantity } of lines) add(pieces, article, quantity);
  return pieces;
}

export function add<K>(sums: Map<K, number>, key: K, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** So many pieces of the newest lines: later order, then later line; undefined where fewer are left. */
function takeNewest(held: readonly Held[], article: string, quantity: number): Part[] | undefined {
  const parts: Part[] = [];
  let wanted = quantity;
  for (const { order, left } of held.toReversed()) {
    for (let i = order.lines.length - 1; i >= 0 && wanted > 0; i -= 1) {
      if (order.lines[i]!.article !== article || left[i] === 0) continue;
      const taken = Math.min(left[i]!, wanted);
      parts.push({ invoice: order.invoice, line: i + 1, quantity: taken, pence: order.lines[i]!.pence });
      wanted -= taken;
    }
  }
  return wanted === 0 ? parts : undefined;
}

function take(held: readonly Held[], parts: readonly Part[]): void {
  for (const part of parts) {
    const { left } = held.find(({ order }) => order.invoice === part.invoice)!;
    left[part.line - 1]! -= part.quantity;
  }
}

function returnOf(
  { invoice, row, returnId }: ReturnOutcome,
  parts: readonly Part[] | undefined,
): ExpectedReturn {
  const { customerId, article, quantity } = row;
  return { returnId: returnId!, invoice, customerId, article, quantity, parts };
}

function lateReturnOf({ order, returnId }: LateReturn): ExpectedReturn {
  const { article, quantity, pence } = order.lines[0]!;
  return {
    returnId,
    invoice: order.invoice,
    customerId: order.customerId!,
    article,
    quantity,
    parts: [{ invoice: order.invoice, line: 1, quantity, pence }],
  };
}
