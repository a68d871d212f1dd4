import type { Client } from "./client.ts";
import { Refused } from "./client.ts";
import { orders } from "./contracts.ts";
import { addressOf } from "./people.ts";
import type { Invoice, Order, Plan, Return, ReturnRow } from "./plan.ts";

/** What a customer was told about an order. */
export interface OrderOutcome {
  readonly order: Order;
  readonly orderId: string;
  readonly state: "confirmed" | "refused";
  readonly reason: string | undefined;
}

/** What a customer was told about a return; `returnId` is absent where there was nothing to return. */
export interface ReturnOutcome {
  readonly invoice: string;
  readonly row: ReturnRow;
  readonly returnId: string | undefined;
}

/** A whole first line that came back in the end. */
export interface LateReturn {
  readonly order: Order;
  readonly returnId: string;
}

/** Everything that customers were told. */
export interface Outcomes {
  readonly orders: readonly OrderOutcome[];
  /** In the order in which they were asked for, where one invoice is played at a time. */
  readonly returns: readonly ReturnOutcome[];
  readonly late: readonly LateReturn[];
  /** Invoices that could not be played to their end, and why. */
  readonly failures: readonly { readonly invoice: string; readonly why: string }[];
  /** From the first invoice to the end of the last. */
  readonly seconds: number;
}

export interface DriveOptions {
  readonly client: Client;
  /** How many invoices are in flight. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Called when an invoice, or a late return, has ended. */
  readonly advanced: () => void;
  /** How long an order or a return may take. Default 60,000. */
  readonly patienceMs?: number | undefined;
}

/** The longest that the shop lets a query wait. */
const waitMs = 1_500;

/** Plays a plan as its customers would: an invoice ends when its saga, or every effect of its returns, has ended. */
export async function drive(plan: Plan, options: DriveOptions): Promise<Outcomes> {
  const { client, concurrency, signal, advanced, patienceMs = 60_000 } = options;
  const placed: OrderOutcome[] = [];
  const returns: ReturnOutcome[] = [];
  const late: LateReturn[] = [];
  const failures: { invoice: string; why: string }[] = [];

  async function inFlight<T>(all: readonly T[], nameOf: (one: T) => string, play: (one: T) => Promise<void>) {
    const queue = all.values();
    await Promise.all(
      Array.from({ length: Math.min(concurrency, all.length) }, async () => {
        for (const one of queue) {
          // A shop that failed an invoice has a fault: there is nothing to learn from the rest.
          if (failures.length > 0) return;
          try {
            await play(one);
          } catch (error) {
            signal.throwIfAborted();
            failures.push({ invoice: nameOf(one), why: (error as Error).message });
          }
          advanced();
        }
      }),
    );
  }

  async function ended<T>(ask: () => Promise<T>, isEnded: (found: T) => boolean): Promise<T> {
    const until = Date.now() + patienceMs;
    for (;;) {
      const found = await ask();
      if (isEnded(found)) return found;
      if (Date.now() > until)
        throw new Error(`not ended within ${patienceMs / 1_000} s: ${JSON.stringify(found).slice(0, 300)}`);
    }
  }

  async function playOrder(order: Order): Promise<void> {
    const as = asCustomer(order.customerId);
    const { orderId } = await client.ask(
      orders.place,
      {
        lines: order.lines.map(({ offerId, quantity }) => ({ offerId, quantity })),
        reference: order.invoice,
        // A guest gives an address; of the others the shop knows it.
        ...(as === undefined ? { address: addressOf(order.invoice, order.country) } : {}),
      },
      { as, key: keyOf(order.invoice) },
    );
    const { state, reason } = await ended(
      () => client.ask(orders.get, { orderId, waitMs }, { as }),
      (found) => found.state !== "pending",
    );
    if (state !== "confirmed" && state !== "refused") throw new Error(`the order's state is "${state}"`);
    placed.push({ order, orderId, state, reason });
  }

  async function returned(as: string, returnId: string): Promise<void> {
    await ended(
      () => client.ask(orders.getReturn, { returnId, waitMs }, { as }),
      (found) => found.state === "completed",
    );
  }

  async function playReturn({ invoice, rows }: Return): Promise<void> {
    for (const row of rows) {
      const { customerId, article, quantity } = row;
      const as = asCustomer(customerId)!;
      const key = `${keyOf(invoice)}-${row.line}`;
      const returnId = await unlessNothing(() =>
        client.ask(orders.requestReturn, { article, quantity }, { as, key }),
      );
      if (returnId !== undefined) await returned(as, returnId);
      returns.push({ invoice, row, returnId });
    }
  }

  async function playLate({ order, orderId }: OrderOutcome): Promise<void> {
    const as = asCustomer(order.customerId)!;
    const key = `${keyOf(order.invoice)}-late`;
    const returnId = await unlessNothing(() =>
      client.ask(orders.returnLine, { orderId, line: 1 }, { as, key }),
    );
    if (returnId === undefined) return;
    await returned(as, returnId);
    late.push({ order, returnId });
  }

  const began = performance.now();
  await inFlight(plan.invoices, nameOfInvoice, (invoice) =>
    invoice.kind === "order" ? playOrder(invoice) : playReturn(invoice),
  );
  const seconds = (performance.now() - began) / 1_000;
  const candidates = lateCandidates(plan, placed);
  await inFlight(candidates, ({ order }) => order.invoice, playLate);
  return { orders: placed, returns, late, failures, seconds };
}

/** Confirmed orders of known customers whose invoice ends in 7, in the order of the file. */
function lateCandidates({ invoices }: Plan, placed: readonly OrderOutcome[]): OrderOutcome[] {
  const place = new Map(invoices.map((invoice, i) => [invoice as Invoice, i]));
  return placed
    .filter(
      ({ order, state }) =>
        state === "confirmed" && order.customerId !== undefined && order.invoice.endsWith("7"),
    )
    .toSorted((a, b) => place.get(a.order)! - place.get(b.order)!);
}

function nameOfInvoice({ invoice }: Invoice): string {
  return invoice;
}

/** `undefined` where the shop says that there is nothing to return. */
async function unlessNothing(ask: () => Promise<{ returnId: string }>): Promise<string | undefined> {
  try {
    return (await ask()).returnId;
  } catch (error) {
    if (error instanceof Refused && error.code === "NothingToReturn") return undefined;
    throw error;
  }
}

function asCustomer(customerId: string | undefined): string | undefined {
  return customerId === undefined ? undefined : `dev:${customerId}`;
}

/** Visible ASCII, whatever the invoice is called. */
function keyOf(invoice: string): string {
  return `replay-${encodeURIComponent(invoice)}`;
}
