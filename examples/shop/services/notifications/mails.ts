import { on, twoPhase, type PrepareContext, type ReactionContext } from "kerf";
import { orders } from "../orders/contract.ts";
import { confirmation, refund, refusal, type Letter } from "./letters.ts";
import { mailerFor, type Mailer } from "./mailer.ts";
import type { wants } from "./needs.ts";

export const mailConfirmation = on(orders.confirmed, mailing(confirmation));
export const mailRefusal = on(orders.refused, mailing(refusal));
export const mailRefund = on(orders.returnCompleted, mailing(refund));

type Context = ReactionContext<typeof wants, "notifications@1">;

/** Sends a letter about a fact, outside the transaction; then notes it, once for its Message-ID. */
function mailing<D>(write: (data: D) => Letter) {
  return twoPhase<D, PrepareContext<typeof wants>, { provider: Mailer["provider"] }, Context, void>(
    async (data, { settings }) => {
      const mailer = mailerFor(settings);
      await mailer.send(write(data));
      return { provider: mailer.provider };
    },
    async (data, { sql, prepared }) => {
      const letter = write(data);
      await sql`
        insert into mail (message_id, kind, order_id, return_id, customer_id, recipient, subject, body, provider)
        values (${letter.messageId}, ${letter.kind}, ${letter.orderId ?? null}, ${letter.returnId ?? null},
                ${letter.customerId ?? null}, ${letter.to}, ${letter.subject}, ${letter.text}, ${prepared.provider})
        on conflict (message_id) do nothing`;
    },
  );
}
