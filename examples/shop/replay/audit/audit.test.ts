import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence.ts";
import { expect as expected } from "../expected.ts";
import { audit } from "./audit.ts";
import { atRest, charge, decision, evidence, mail, outcomes, plan, refund } from "./sample.ts";

/** The names of what does not hold after a change. */
function failing(
  change: (all: { evidence: ReturnType<typeof evidence>; outcomes: any; status: any }) => void,
): string[] {
  const all = { evidence: evidence(), outcomes: outcomes(), status: atRest() };
  change(all);
  const rest = { reached: true, seconds: 0.2, units: new Map([["shop", all.status]]) };
  const parts = { plan, outcomes: all.outcomes, evidence: all.evidence as Evidence, rest };
  return audit({ ...parts, expected: expected(plan, all.outcomes) })
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);
}

test("books that agree pass", () => {
  expect(failing(() => {})).toEqual([]);
});

describe("what is wrong is found:", () => {
  test.each<[string, Parameters<typeof failing>[0], string]>([
    [
      "an order that was placed twice",
      (a) => a.evidence.decisions.push({ ...decision(1, "7", 200), orderId: "o9" }),
      "every order is there once",
    ],
    ["an order that is gone", (a) => a.evidence.decisions.shift(), "every order is there once"],
    ["another total", (a) => (a.evidence.decisions[0]!.totalPence = 201), "every order is there once"],
    [
      "a decision that the customer was told otherwise",
      (a) => (a.evidence.decisions[2]!.reason = "OutOfStock" as never),
      "every order is there once",
    ],
    [
      "an invoice that failed",
      (a) => a.outcomes.failures.push({ invoice: "1", why: "x" }),
      "every order is there once",
    ],
    ["a row that nothing became of", (a) => a.outcomes.returns.pop(), "every row accounted for"],
    [
      "a total that the bank declines, confirmed",
      (a) => (a.outcomes.orders[2].state = "confirmed"),
      "decisions follow the rules",
    ],
    [
      "an order refused without a reason",
      (a) => Object.assign(a.outcomes.orders[0], { state: "refused", reason: "OutOfStock" }),
      "decisions follow the rules",
    ],
    ["a step that failed", (a) => (a.outcomes.orders[2].reason = "Failed"), "decisions follow the rules"],
    [
      "a return that was refused without a reason",
      (a) => (a.outcomes.returns[0].returnId = undefined),
      "decisions follow the rules",
    ],
    [
      "two parcels",
      (a) => a.evidence.shipments.push({ ...a.evidence.shipments[0]!, number: 3 }),
      "one shipment per confirmed order",
    ],
    ["no parcel", (a) => a.evidence.shipments.pop(), "one shipment per confirmed order"],
    [
      "a parcel for a refused order",
      (a) => a.evidence.shipments.push({ ...a.evidence.shipments[0]!, orderId: "o3" }),
      "one shipment per confirmed order",
    ],
    [
      "too few pieces in a parcel",
      (a) => (a.evidence.shipments[0]!.pieces = 1),
      "one shipment per confirmed order",
    ],
    [
      "two e-mails",
      (a) => a.evidence.mails.push(mail(5, "confirmation", { orderId: "o1" }) as never),
      "one e-mail per order",
    ],
    [
      "a Message-ID twice",
      (a) => (a.evidence.mails[0]!.messageId = a.evidence.mails[1]!.messageId),
      "one e-mail per order",
    ],
    [
      "a return at another price",
      (a) => (a.evidence.returns[0]!.parts[0]!.pence = 100),
      "returns are refunded at the price paid",
    ],
    [
      "a return from the older line first",
      (a) =>
        Object.assign(a.evidence.returns[0]!, {
          parts: [{ orderId: "o1", line: 1, quantity: 2, pence: 100 }],
        }),
      "returns are refunded at the price paid",
    ],
    [
      "a return that has not ended",
      (a) => Object.assign(a.evidence.returns[0]!, { state: "requested", restocked: false }),
      "every effect of a return happened once",
    ],
    [
      "a return that was made twice",
      (a) => a.evidence.returns.push({ ...a.evidence.returns[0]!, returnId: "r2" }),
      "every effect of a return happened once",
    ],
    [
      "two captures",
      (a) => a.evidence.bankLog.push(charge(6, "o1", 200, "captured") as never),
      "one capture per confirmed order",
    ],
    [
      "a capture of another amount",
      (a) => (a.evidence.bankLog[0]!.pence = 199),
      "one capture per confirmed order",
    ],
    [
      "a charge of nothing in the file",
      (a) => a.evidence.bankLog.push(charge(6, "o9", 10, "declined") as never),
      "one capture per confirmed order",
    ],
    ["a refund that is missing", (a) => a.evidence.bankLog.pop(), "money conserved"],
    [
      "a refund that nobody asked for",
      (a) => a.evidence.bankLog.push({ ...refund(6, "o1", 1), key: "return-r9-o1" } as never),
      "money conserved",
    ],
    [
      "payments that differ from the bank",
      (a) => (a.evidence.payments[0]!.refundedPence = 0),
      "money conserved",
    ],
    ["an entry that is off", (a) => (a.evidence.entries[0]!.postings[0]!.pence = 199), "ledger balanced"],
    ["a trial balance that is off", (a) => (a.evidence.trialBalance.sumPence = 1), "ledger balanced"],
    [
      "customers who still owe",
      (a) => (a.evidence.trialBalance.accounts[3]!.balancePence = 5),
      "ledger balanced",
    ],
    ["a piece too many", (a) => (a.evidence.levels[0]!.available = 3), "stock conserved"],
    ["another opening stock", (a) => (a.evidence.levels[1]!.opening = 2), "stock conserved"],
    ["pieces that stay reserved", (a) => (a.evidence.levels[1]!.reserved = 1), "stock conserved"],
    [
      "a change to what is not in the file",
      (a) => (a.evidence.levels[2]!.available = 199),
      "stock conserved",
    ],
    [
      "a confirmed order whose pieces are only held",
      (a) => (a.evidence.reservations[0]!.state = "held" as never),
      "stock conserved",
    ],
    ["negative stock", (a) => (a.evidence.levels[0]!.available = -1), "stock never negative"],
    [
      "a refused order with stock",
      (a) => (a.evidence.reservations[2]!.state = "held" as never),
      "refused orders hold nothing",
    ],
    [
      "a refused order with money",
      (a) => (a.evidence.bankLog[2]!.outcome = "captured" as never),
      "refused orders hold nothing",
    ],
    ["a running saga", (a) => (a.status.sagas = 1), "every saga ended"],
    ["a parked saga", (a) => (a.status.parkedSagas = 1), "every saga ended"],
    ["an outbox", (a) => (a.status.outbox = 1), "outboxes empty"],
    ["a dead letter", (a) => (a.status.deadLetters = 1), "no dead letters"],
    ["a unit that is silent", (a) => (a.status = undefined), "no dead letters"],
  ])("%s", (_what, change, name) => {
    expect(failing(change)).toContain(name);
  });
});

test("what overlapped is judged by what the shop says it took, within what the file allows", () => {
  const told = expected(plan, outcomes(), () => [{ invoice: "1", line: 1, quantity: 2, pence: 100 }]);
  expect(told.contradictions).toEqual([]);
  expect(told.returns[0]!.parts).toEqual([{ invoice: "1", line: 1, quantity: 2, pence: 100 }]);
});
