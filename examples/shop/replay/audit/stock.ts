import type { Evidence } from "../evidence.ts";
import { add, type Expected } from "../expected.ts";
import type { Plan } from "../plan.ts";
import { count, entry, type AuditEntry } from "./entry.ts";

/** Whether every piece is where the file says, and refused orders hold nothing. */
export function auditStock(plan: Plan, expected: Expected, evidence: Evidence): AuditEntry[] {
  const { levels } = evidence;
  const looked = count(levels.length, "article");
  const refused = expected.orders.filter((order) => !order.confirmed);
  return [
    entry("stock conserved", looked, offendingLevels(plan, expected, evidence)),
    entry(
      "stock never negative",
      looked,
      levels
        .filter((level) => Math.min(level.available, level.reserved, level.sold, level.opening) < 0)
        .map(({ article, available }) => `${article} has ${available}`),
    ),
    entry(
      "refused orders hold nothing",
      count(refused.length, "refused order"),
      offendingRefusals(expected, evidence),
    ),
  ];
}

function offendingLevels(
  { opening }: Plan,
  { orders, returns }: Expected,
  { levels, reservations }: Evidence,
): string[] {
  const sold = new Map<string, number>();
  for (const { order, confirmed } of orders)
    if (confirmed) for (const { article, quantity } of order.lines) add(sold, article, quantity);
  for (const { article, quantity } of returns) add(sold, article, -quantity);
  const known = new Map(levels.map((level) => [level.article, level]));
  return [
    ...[...opening].flatMap(([article, first]) => {
      const level = known.get(article);
      if (!level) return [`${article} is not there`];
      const gone = sold.get(article) ?? 0;
      const asDue =
        level.opening === first &&
        level.available === first - gone &&
        level.sold === gone &&
        level.reserved === 0;
      return asDue
        ? []
        : [
            `${article} has ${level.available} of ${level.opening} left, ${level.sold} sold, ${level.reserved} reserved; ` +
              `by the file ${first - gone} of ${first}, ${gone} sold`,
          ];
    }),
    // What the shop has beside the file's articles was not touched.
    ...levels
      .filter((level) => !opening.has(level.article) && level.available !== level.opening)
      .map(
        ({ article, available, opening: first }) =>
          `${article}, not of the file, has ${available} of ${first} left`,
      ),
    ...offendingReservations(orders, reservations),
  ];
}

function offendingReservations(orders: Expected["orders"], reservations: Evidence["reservations"]): string[] {
  const states = new Map(reservations.map(({ orderId, state }) => [orderId, state]));
  return orders
    .filter(({ orderId, confirmed }) => confirmed && states.get(orderId) !== "sold")
    .map(
      ({ order, orderId }) => `the reservation of ${order.invoice} is ${states.get(orderId) ?? "not there"}`,
    );
}

function offendingRefusals({ orders }: Expected, { reservations, payments, bankLog }: Evidence): string[] {
  const held = new Map(reservations.map(({ orderId, state }) => [orderId, state]));
  const paid = new Map(payments.map((payment) => [payment.orderId, payment]));
  const atBank = new Map<string, number>();
  for (const { key, chargeKey, outcome, pence } of bankLog) {
    if (outcome === "captured") add(atBank, key, pence);
    if (outcome === "refunded") add(atBank, chargeKey ?? key, -pence);
  }
  return orders.flatMap(({ order, orderId, confirmed }) => {
    if (confirmed) return [];
    const reservation = held.get(orderId) ?? "released";
    const payment = paid.get(orderId);
    const booked = payment ? payment.capturedPence - payment.refundedPence : 0;
    const kept = atBank.get(`charge-${orderId}`) ?? 0;
    return [
      ...(reservation === "released" ? [] : [`${order.invoice} is refused and its stock is ${reservation}`]),
      ...(booked === 0 && kept === 0
        ? []
        : [`${order.invoice} is refused and ${Math.max(booked, kept)} pence are kept`]),
    ];
  });
}
