import { on, twoPhase, type PrepareContext, type ReactionContext } from "kerf";
import { orders } from "../orders/contract.ts";
import { bankAt } from "./bank/simulated.ts";
import { payments } from "./contract.ts";
import { bankKeys } from "./keys.ts";
import { book, returnPostings } from "./ledger.ts";
import type { wants } from "./needs.ts";
import { penceByOrder, type Part } from "./return-amounts.ts";

interface Returned {
  readonly returnId: string;
  readonly parts: readonly Part[];
}

/** Gives back the price that was paid, from each of the orders that the pieces came from. */
export const refundReturn = on(
  orders.returnRequested,
  twoPhase(
    async ({ returnId, parts }: Returned, { settings }: PrepareContext<typeof wants>) => {
      const bank = bankAt(settings.bankUrl);
      for (const { orderId, pence } of penceByOrder(parts))
        await bank.refund(bankKeys.return(returnId, orderId), bankKeys.charge(orderId), pence);
      return {};
    },
    async ({ returnId, parts }, { sql, emit }: ReactionContext<typeof wants, "payments@1">) => {
      const amounts = penceByOrder(parts);
      for (const { orderId, pence } of amounts) {
        await sql`
          update payment set refunded_pence = refunded_pence + ${pence}::bigint where order_id = ${orderId}`;
        await book(sql, { kind: "return", orderId, returnId, postings: returnPostings(pence) });
      }
      emit(payments.refunded, { returnId, pence: amounts.reduce((sum, { pence }) => sum + pence, 0) });
    },
  ),
);
