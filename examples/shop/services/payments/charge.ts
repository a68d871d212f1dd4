import { StatusError, twoPhase, type Handler } from "kerf";
import { bankAt } from "./bank/simulated.ts";
import type { payments } from "./contract.ts";
import { bankKeys } from "./keys.ts";
import { book, chargePostings, undoPostings } from "./ledger.ts";
import type { wants } from "./needs.ts";

/** Asks the bank outside the transaction, under a key that makes repeating harmless; then books what it said. */
export const charge: Handler<typeof payments.charge, typeof wants> = twoPhase(
  async ({ orderId, pence }, { settings }) => ({
    outcome: await bankAt(settings.bankUrl).charge(bankKeys.charge(orderId), pence),
  }),
  async ({ orderId, pence }, { prepared, sql, fail }) => {
    if (prepared.outcome === "declined") throw fail("Declined", { orderId, pence });
    if (prepared.outcome === "voided")
      throw new StatusError("FAILED_PRECONDITION", `the charge for ${orderId} was taken back before it came`);
    await sql`
      insert into payment (order_id, captured_pence) values (${orderId}, ${pence})
      on conflict (order_id) do nothing`;
    return { entryId: await book(sql, { kind: "charge", orderId, postings: chargePostings(pence) }) };
  },
);

/** The undo of {@link charge}, also of one whose answer never reached us. */
export const refund: Handler<typeof payments.refund, typeof wants> = twoPhase(
  async ({ orderId, pence }, { settings }) =>
    await bankAt(settings.bankUrl).refund(bankKeys.undo(orderId), bankKeys.charge(orderId), pence),
  async ({ orderId, pence }, { prepared, sql }) => {
    if (prepared.capturedPence === 0) return {};
    // The bank took it, but booking it may have failed: then both are booked now.
    await sql`
      insert into payment (order_id, captured_pence) values (${orderId}, ${prepared.capturedPence})
      on conflict (order_id) do nothing`;
    await book(sql, { kind: "charge", orderId, postings: chargePostings(prepared.capturedPence) });
    await book(sql, { kind: "undo", orderId, postings: undoPostings(pence) });
    await sql`update payment set refunded_pence = captured_pence where order_id = ${orderId}`;
    return {};
  },
);
