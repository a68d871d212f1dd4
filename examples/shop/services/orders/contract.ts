import { command, contract, event, query, stream } from "kerf";
import { z } from "zod";
import { ownOrStaff } from "../../shapes/access.ts";
import { Address } from "../../shapes/address.ts";
import { ArticleCode, maxLines, OfferId, Quantity } from "../../shapes/article.ts";
import { Pence } from "../../shapes/money.ts";
import { AfterNumber, Limit } from "../../shapes/page.ts";
import { Id, line, PersonId } from "../../shapes/text.ts";

/** How long a query may wait for an outcome, in ms: within a call's own limit of two seconds. */
const WaitMs = z.int().min(0).max(1_500).default(0);

const State = z.enum(["pending", "confirmed", "refused", "unknown"]);
const Reason = z.enum(["OutOfStock", "Declined", "Undeliverable", "Failed", "unknown"]);
const Line = z.object({
  /** From 1, in the order in which they were given. */
  line: z.int(),
  offerId: OfferId,
  article: ArticleCode,
  name: z.string(),
  quantity: z.int(),
  /** Of one piece. */
  pence: Pence,
  /** Pieces of it that were taken back. */
  returned: z.int(),
});
/** `number` grows with each order that is placed: the later order has the larger one. */
const Summary = z.object({
  orderId: Id,
  number: z.int(),
  reference: z.string().optional(),
  customerId: z.string().optional(),
  /** As users calls the customer today; as the address says where the order is a guest's. */
  customerName: z.string(),
  state: State,
  reason: Reason.optional(),
  totalPence: Pence,
  placedAt: z.string(),
});
const Return = z.object({
  returnId: Id,
  number: z.int(),
  customerId: z.string(),
  article: ArticleCode,
  quantity: z.int(),
  pence: Pence,
  state: z.enum(["requested", "completed", "stuck", "unknown"]),
  refunded: z.boolean(),
  restocked: z.boolean(),
  /** The lines that it was taken from. `pence` is the price of one piece. */
  parts: z.array(z.object({ orderId: Id, line: z.int(), quantity: z.int(), pence: Pence })),
  requestedAt: z.string(),
});
/** `left` is how many pieces of it the customer could still give back. */
const NothingToReturn = z.object({ article: z.string(), left: z.int() });

const Order = Summary.extend({ address: Address, lines: z.array(Line) });

const ownList = ownOrStaff((input: { customerId?: string }) => input.customerId);

export const orders = contract("orders", {
  version: 1,
  // #region objective
  objective: { availability: 0.999 },
  place: command({
    objective: { latency: { p: 0.95, within: "500ms" } },
    // #endregion
    description:
      "Places an order for the person who calls, or for a guest who gives an address. It is pending until the checkout has ended.",
    http: "POST /orders",
    access: "public",
    input: z.object({
      lines: z
        .array(z.object({ offerId: OfferId, quantity: Quantity }))
        .min(1)
        .max(maxLines),
      /** The caller's own name for the order, unique among theirs. */
      reference: line(64).optional(),
      /** On whose behalf, for staff. */
      customerId: PersonId.optional(),
      /** Where absent: the address the customer has registered. */
      address: Address.optional(),
    }),
    output: z.object({ orderId: Id, number: z.int(), state: State, totalPence: Pence }),
    errors: {
      UnknownOffer: z.object({ offerId: z.string() }),
      AddressNeeded: z.object({ customerId: z.string().optional() }),
      ReferenceTaken: z.object({ reference: z.string() }),
    },
  }),
  get: query({
    description:
      "One order: the customer's own, or a guest's by its unguessable id. With waitMs it answers once the checkout has ended, or when the time is over.",
    http: "GET /orders/:orderId",
    access: "public",
    input: z.object({ orderId: Id, waitMs: WaitMs }),
    output: Order,
  }),
  watch: stream({
    description:
      "One order at once, and again whenever it changes, until its checkout has ended: the customer's own, or a guest's by its unguessable id.",
    http: "GET /orders/:orderId/watch",
    access: "public",
    input: z.object({ orderId: Id }),
    output: Order,
  }),
  stateOf: query({
    description: "How far an order or a return is; nothing where there is none.",
    input: z.object({ orderId: Id.optional(), returnId: Id.optional() }),
    output: z.object({ ended: z.boolean().optional() }),
  }),
  list: query({
    description: "A customer's orders, or for staff everybody's, by number, in pages.",
    http: "GET /orders",
    access: ownList,
    input: z.object({
      customerId: PersonId.optional(),
      reference: line(64).optional(),
      newestFirst: z.boolean().default(false),
      after: AfterNumber,
      limit: Limit,
    }),
    output: z.object({ orders: z.array(Summary), next: z.int().optional() }),
  }),
  decisions: query({
    description: "What became of each order, oldest first, in pages.",
    http: "GET /order-decisions",
    access: "role:staff",
    input: z.object({ after: AfterNumber, limit: Limit }),
    output: z.object({
      decisions: z.array(
        z.object({
          orderId: Id,
          number: z.int(),
          reference: z.string().optional(),
          customerId: z.string().optional(),
          state: State,
          reason: Reason.optional(),
          totalPence: Pence,
        }),
      ),
      next: z.int().optional(),
    }),
  }),
  confirm: command({
    description: "The last step of the checkout.",
    input: z.object({ orderId: Id }),
  }),
  refuse: command({
    description: "The end of a checkout that was undone.",
    input: z.object({ orderId: Id, reason: z.enum(["OutOfStock", "Declined", "Undeliverable", "Failed"]) }),
  }),
  requestReturn: command({
    description:
      "Takes pieces of an article back from the customer's confirmed orders, newest first, all or nothing.",
    http: "POST /returns",
    access: ownOrStaff((input: { customerId?: string }) => input.customerId),
    input: z.object({ customerId: PersonId.optional(), article: ArticleCode, quantity: Quantity }),
    output: Return,
    errors: { NothingToReturn },
  }),
  returnLine: command({
    description: "Takes a whole line of an order back, if all of it is still there.",
    http: "POST /orders/:orderId/lines/:line/return",
    access: "user",
    input: z.object({ orderId: Id, line: z.int().min(1).max(maxLines) }),
    output: Return,
    errors: { NothingToReturn },
  }),
  getReturn: query({
    description:
      "One return. With waitMs it answers once money and goods are back, or when the time is over.",
    http: "GET /returns/:returnId",
    access: "user",
    input: z.object({ returnId: Id, waitMs: WaitMs }),
    output: Return,
  }),
  returns: query({
    description: "A customer's returns, or for staff everybody's, by number, in pages.",
    http: "GET /returns",
    access: ownList,
    input: z.object({
      customerId: PersonId.optional(),
      newestFirst: z.boolean().default(false),
      after: AfterNumber,
      limit: Limit,
    }),
    output: z.object({ returns: z.array(Return), next: z.int().optional() }),
  }),
  rebuildNames: command({
    description:
      "Copies one page of the users' names again. Repeat it with `next` as `after` until there is none.",
    http: "POST /order-names/rebuild",
    access: "role:staff",
    input: z.object({ after: PersonId.optional(), limit: Limit }),
    output: z.object({ copied: z.int(), next: z.string().optional() }),
  }),
  placed: event({
    data: z.object({
      orderId: Id,
      number: z.int(),
      customerId: z.string().optional(),
      totalPence: Pence,
    }),
    key: "orderId",
  }),
  confirmed: event({
    data: z.object({
      orderId: Id,
      number: z.int(),
      customerId: z.string().optional(),
      name: z.string(),
      email: z.string(),
      lines: z.array(z.object({ article: ArticleCode, name: z.string(), quantity: z.int(), pence: Pence })),
      totalPence: Pence,
    }),
    key: "orderId",
  }),
  refused: event({
    data: z.object({
      orderId: Id,
      number: z.int(),
      customerId: z.string().optional(),
      name: z.string(),
      email: z.string(),
      reason: Reason,
      totalPence: Pence,
    }),
    key: "orderId",
  }),
  returnRequested: event({
    data: z.object({
      returnId: Id,
      customerId: z.string(),
      article: ArticleCode,
      quantity: z.int(),
      pence: Pence,
      parts: z.array(z.object({ orderId: Id, line: z.int(), quantity: z.int(), pence: Pence })),
    }),
    key: "returnId",
  }),
  returnCompleted: event({
    data: z.object({
      returnId: Id,
      customerId: z.string(),
      name: z.string(),
      email: z.string(),
      article: ArticleCode,
      quantity: z.int(),
      pence: Pence,
    }),
    key: "returnId",
  }),
});
