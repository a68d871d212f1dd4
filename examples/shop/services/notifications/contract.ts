import { contract, query } from "kerf";
import { z } from "zod";
import { AfterNumber, Limit } from "../../shapes/page.ts";
import { Id, PersonId } from "../../shapes/text.ts";

const Kind = z.enum(["confirmation", "refusal", "refund", "unknown"]);
const Mail = z.object({
  number: z.int(),
  messageId: z.string(),
  kind: Kind,
  /** Absent where it is about a return. */
  orderId: Id.optional(),
  returnId: Id.optional(),
  customerId: z.string().optional(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  sentAt: z.string(),
});

export const notifications = contract("notifications", {
  version: 1,
  mails: query({
    description: "The mails that were sent, oldest first, in pages. There is one for each Message-ID.",
    http: "GET /outbox-mails",
    access: "role:staff",
    input: z.object({ orderId: Id.optional(), after: AfterNumber, limit: Limit }),
    output: z.object({ mails: z.array(Mail), next: z.int().optional() }),
  }),
  mailsOf: query({
    description: "A customer's newest mails, newest first.",
    input: z.object({ customerId: PersonId, limit: z.int().min(1).max(50).default(10) }),
    output: z.object({ mails: z.array(Mail) }),
  }),
});
