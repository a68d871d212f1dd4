import type { UnitStatus } from "@kerf/runtime";
import type { Outcomes } from "../drive.ts";
import type { Evidence } from "../evidence.ts";
import { columns, parseRows } from "../parse.ts";
import { planOf, type Order } from "../plan.ts";

// Books that agree, for tests that change them.

/** Two orders that were confirmed, one that was declined, and a return. */
export const plan = await planOf(
  parseRows([
    [
      columns.join(","),
      "1,A,lamp,2,d,1.00,7,UK",
      "2,A,lamp,1,d,1.10,7,UK",
      "3,B,bowl,1,d,0.36,,UK",
      "C4,A,lamp,-2,d,1.00,7,UK",
    ].join("\n"),
  ]),
);
const [one, two, three] = plan.invoices.filter((invoice) => invoice.kind === "order") as [
  Order,
  Order,
  Order,
];
const [back] = plan.invoices.flatMap((invoice) => (invoice.kind === "return" ? invoice.rows : []));

export function outcomes(): Outcomes {
  return {
    orders: [
      { order: one, orderId: "o1", state: "confirmed", reason: undefined },
      { order: two, orderId: "o2", state: "confirmed", reason: undefined },
      { order: three, orderId: "o3", state: "refused", reason: "Declined" },
    ],
    returns: [{ invoice: "C4", row: back!, returnId: "r1" }],
    late: [],
    failures: [],
    seconds: 1,
  };
}

const at = "2010-12-01T08:26:00Z";
export const mail = (number: number, kind: "confirmation" | "refusal" | "refund", about: object) => ({
  number,
  messageId: `<${number}@shop.example>`,
  kind,
  ...about,
  to: "x@customers.example",
  subject: "",
  text: "",
  sentAt: at,
});
export const decision = (number: number, customerId: string | undefined, totalPence: number) => ({
  orderId: `o${number}`,
  number,
  reference: String(number),
  customerId,
  state: "confirmed" as const,
  reason: undefined,
  totalPence,
});
export const charge = (seq: number, order: string, pence: number, outcome: "captured" | "declined") => ({
  seq,
  key: `charge-${order}`,
  kind: "charge" as const,
  pence,
  outcome,
  at,
});
export const refund = (seq: number, order: string, pence: number) => ({
  seq,
  key: `return-r1-${order}`,
  kind: "refund" as const,
  chargeKey: `charge-${order}`,
  pence,
  outcome: "refunded" as const,
  at,
});
const entryOf = (entryId: number, kind: "charge" | "return", orderId: string, bank: number) => ({
  entryId,
  kind,
  orderId,
  bookedAt: at,
  postings: [
    { account: "bank" as const, pence: bank },
    { account: kind === "charge" ? ("sales" as const) : ("refunds" as const), pence: -bank },
  ],
});
const account = (name: "bank" | "sales" | "refunds" | "receivable", balancePence: number) => ({
  account: name,
  debitPence: 0,
  creditPence: 0,
  balancePence,
});

/** What the services say when all is well. The return takes the newer lamp, and one of the older. */
export function evidence() {
  return {
    decisions: [
      decision(1, "7", 200),
      decision(2, "7", 110),
      { ...decision(3, undefined, 36), state: "refused" as const, reason: "Declined" as const },
    ],
    returns: [
      {
        returnId: "r1",
        number: 1,
        customerId: "7",
        article: "A",
        quantity: 2,
        pence: 210,
        state: "completed" as const,
        refunded: true,
        restocked: true,
        parts: [
          { orderId: "o2", line: 1, quantity: 1, pence: 110 },
          { orderId: "o1", line: 1, quantity: 1, pence: 100 },
        ],
        requestedAt: at,
      },
    ],
    bankLog: [
      charge(1, "o1", 200, "captured"),
      charge(2, "o2", 110, "captured"),
      charge(3, "o3", 36, "declined"),
      refund(4, "o2", 110),
      refund(5, "o1", 100),
    ],
    payments: [
      { orderId: "o1", capturedPence: 200, refundedPence: 100 },
      { orderId: "o2", capturedPence: 110, refundedPence: 110 },
    ],
    entries: [
      entryOf(1, "charge", "o1", 200),
      entryOf(2, "charge", "o2", 110),
      entryOf(3, "return", "o2", -110),
      entryOf(4, "return", "o1", -100),
    ],
    trialBalance: {
      accounts: [
        account("bank", 100),
        account("sales", -310),
        account("refunds", 210),
        account("receivable", 0),
      ],
      sumPence: 0,
      unbalancedEntries: 0,
    },
    levels: [
      { article: "A", opening: 3, available: 2, reserved: 0, sold: 1 },
      { article: "B", opening: 1, available: 1, reserved: 0, sold: 0 },
      { article: "KG1001", opening: 200, available: 200, reserved: 0, sold: 0 },
    ],
    reservations: [
      { orderId: "o1", state: "sold" as const, items: [] },
      { orderId: "o2", state: "sold" as const, items: [] },
      { orderId: "o3", state: "released" as const, items: [] },
    ],
    shipments: [1, 2].map((n) => ({
      number: n,
      orderId: `o${n}`,
      tracking: `P${n}`,
      state: "booked" as const,
      pieces: n === 1 ? 2 : 1,
      country: "UK",
      bookedAt: at,
    })),
    returnParcels: [{ number: 1, returnId: "r1", tracking: "R1", article: "A", quantity: 2 }],
    mails: [
      mail(1, "confirmation", { orderId: "o1" }),
      mail(2, "confirmation", { orderId: "o2" }),
      mail(3, "refusal", { orderId: "o3" }),
      mail(4, "refund", { returnId: "r1" }),
    ],
  } satisfies Evidence;
}

export function atRest(): UnitStatus {
  const zero = {
    outbox: 0,
    undelivered: 0,
    repeated: 0,
    leftOut: 0,
    retries: 0,
    deadLetters: 0,
    sagas: 0,
    parkedSagas: 0,
    mailboxes: 0,
    oldestUnsentMs: 0,
    oldestUndeliveredMs: 0,
    missed: 0,
    stuckSagas: 0,
    consumers: [],
  };
  return { unit: "shop", services: [], ready: true, ...zero };
}
