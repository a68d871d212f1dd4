import type { Outcomes } from "../drive.ts";
import type { Evidence } from "../evidence.ts";
import type { Expected, ExpectedOrder } from "../expected.ts";
import { count, entry, pounds, type AuditEntry } from "./entry.ts";

/** Whether the shop has the orders of the file, each once, and decided each as its rules say. */
export function auditOrders(expected: Expected, evidence: Evidence, outcomes: Outcomes): AuditEntry[] {
  const { orders, contradictions } = expected;
  const confirmed = orders.filter((order) => order.confirmed);
  return [
    entry("every order is there once", count(orders.length, "order"), [
      ...outcomes.failures.map(({ invoice, why }) => `${invoice} was not played to its end: ${why}`),
      ...offendingDecisions(orders, evidence),
    ]),
    entry("decisions follow the rules", count(orders.length, "decision"), [
      ...orders.flatMap(wrongReason),
      ...contradictions,
    ]),
    entry(
      "one shipment per confirmed order",
      count(confirmed.length, "shipment"),
      offendingShipments(orders, evidence),
    ),
    entry("one e-mail per order", count(orders.length, "e-mail"), offendingMails(orders, evidence)),
  ];
}

function offendingDecisions(orders: readonly ExpectedOrder[], { decisions }: Evidence): string[] {
  const byId = Map.groupBy(decisions, (decision) => decision.orderId);
  const known = new Set(orders.map((order) => order.orderId));
  return [
    ...orders.flatMap(({ order, orderId, confirmed, reason }) => {
      const { invoice, customerId, totalPence } = order;
      const [decision, ...more] = byId.get(orderId) ?? [];
      if (!decision || more.length > 0)
        return [`${invoice} is there ${byId.get(orderId)?.length ?? 0} times`];
      const wrong = [
        decision.state === (confirmed ? "confirmed" : "refused") && decision.reason === reason
          ? ""
          : `is ${decision.state}, and its customer was told otherwise`,
        decision.reference === invoice && decision.customerId === customerId ? "" : "is somebody else's",
        decision.totalPence === totalPence
          ? ""
          : `costs ${pounds(decision.totalPence)}, by the file ${pounds(totalPence)}`,
      ].filter((text) => text !== "");
      return wrong.map((text) => `${invoice} ${text}`);
    }),
    ...decisions
      .filter(({ orderId }) => !known.has(orderId))
      .map(
        ({ reference, orderId, state }) =>
          `order ${reference ?? orderId} (${state}) is none of the file's, or was placed twice`,
      ),
  ];
}

/** The bank's rule, and that nothing was refused for another reason than the shop's rules know. */
function wrongReason({ order, confirmed, reason }: ExpectedOrder): string[] {
  const declines = order.totalPence % 20 === 16;
  const fits = confirmed
    ? !declines
    : reason === "OutOfStock" || reason === "Undeliverable" || (reason === "Declined" && declines);
  if (fits) return [];
  return [
    `${order.invoice} over ${pounds(order.totalPence)} is ${confirmed ? "confirmed" : `refused: ${reason}`}`,
  ];
}

function offendingShipments(orders: readonly ExpectedOrder[], { shipments }: Evidence): string[] {
  const booked = Map.groupBy(
    shipments.filter((shipment) => shipment.state !== "cancelled"),
    (shipment) => shipment.orderId,
  );
  return orders.flatMap(({ order, orderId, confirmed }) => {
    const own = booked.get(orderId) ?? [];
    if (own.length !== (confirmed ? 1 : 0)) return [`${order.invoice} has ${count(own.length, "shipment")}`];
    const pieces = order.lines.reduce((sum, line) => sum + line.quantity, 0);
    return confirmed && own[0]!.pieces !== pieces
      ? [`${order.invoice} ships ${own[0]!.pieces} of ${pieces} pieces`]
      : [];
  });
}

function offendingMails(orders: readonly ExpectedOrder[], { mails }: Evidence): string[] {
  const byOrder = Map.groupBy(
    mails.filter((mail) => mail.kind !== "refund"),
    (mail) => mail.orderId,
  );
  const ids = Map.groupBy(mails, (mail) => mail.messageId);
  return [
    ...orders.flatMap(({ order, orderId, confirmed }) => {
      const kinds = (byOrder.get(orderId) ?? []).map((mail) => mail.kind);
      const due = confirmed ? "confirmation" : "refusal";
      return kinds.length === 1 && kinds[0] === due
        ? []
        : [`${order.invoice} has ${kinds.join(" and ") || "no e-mail"} instead of one ${due}`];
    }),
    ...[...ids]
      .filter(([, own]) => own.length > 1)
      .map(([id, own]) => `Message-ID ${id} is there ${own.length} times`),
  ];
}
