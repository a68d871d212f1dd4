import { command, contract, event, query } from "kerf";
import { z } from "zod";
import { Pence } from "../../shapes/money.ts";
import { AfterNumber, Limit } from "../../shapes/page.ts";
import { Id } from "../../shapes/text.ts";

const Account = z.enum(["bank", "receivable", "sales", "refunds", "unknown"]);
const Amount = z.object({ orderId: Id, pence: z.int().min(1) });

export const payments = contract("payments", {
  version: 1,
  charge: command({
    description: "Takes the money for an order from the bank and books it.",
    // The bank is not ours.
    objective: { availability: 0.995, latency: { p: 0.95, within: "2.5s" } },
    input: Amount,
    output: z.object({ entryId: z.int() }),
    errors: { Declined: z.object({ orderId: z.string(), pence: Pence }) },
  }),
  refund: command({
    description: "Gives the money for an order back, all of it: the undo of a charge.",
    input: Amount,
  }),
  payments: query({
    description: "What was taken and given back for each order, by order id, in pages.",
    http: "GET /payments",
    access: "role:staff",
    input: z.object({ after: Id.optional(), limit: Limit }),
    output: z.object({
      payments: z.array(z.object({ orderId: Id, capturedPence: Pence, refundedPence: Pence })),
      next: z.string().optional(),
    }),
  }),
  trialBalance: query({
    description: "The ledger's accounts. Debits are positive; the sum of all is zero.",
    http: "GET /ledger/trial-balance",
    access: "role:staff",
    output: z.object({
      accounts: z.array(
        z.object({ account: Account, debitPence: Pence, creditPence: Pence, balancePence: Pence }),
      ),
      sumPence: Pence,
      /** Entries whose postings do not sum to zero: none, ever. */
      unbalancedEntries: z.int(),
    }),
  }),
  entries: query({
    description: "The ledger's journal, oldest first, in pages.",
    http: "GET /ledger/entries",
    access: "role:staff",
    input: z.object({ after: AfterNumber, limit: Limit }),
    output: z.object({
      entries: z.array(
        z.object({
          entryId: z.int(),
          kind: z.enum(["charge", "undo", "return", "unknown"]),
          orderId: Id,
          returnId: Id.optional(),
          bookedAt: z.string(),
          postings: z.array(z.object({ account: Account, pence: Pence })),
        }),
      ),
      next: z.int().optional(),
    }),
  }),
  bankLog: query({
    description:
      "The bank's own record, oldest first, in pages: one row for each key it was ever given (charge-<orderId>, undo-<orderId>, return-<returnId>-<orderId>).",
    http: "GET /bank/log",
    access: "role:staff",
    input: z.object({ after: AfterNumber, limit: Limit }),
    output: z.object({
      log: z.array(
        z.object({
          seq: z.int(),
          key: z.string(),
          kind: z.enum(["charge", "refund", "unknown"]),
          /** Of a refund: the charge that it gives back from. */
          chargeKey: z.string().optional(),
          pence: Pence,
          outcome: z.enum(["captured", "declined", "refunded", "voided", "unknown"]),
          at: z.string(),
        }),
      ),
      next: z.int().optional(),
    }),
  }),
  refunded: event({ data: z.object({ returnId: Id, pence: Pence }), key: "returnId" }),
});
