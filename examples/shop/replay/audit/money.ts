import type { Evidence } from "../evidence.ts";
import { add, type Expected } from "../expected.ts";
import { count, entry, pounds, type AuditEntry } from "./entry.ts";

/** What the bank took and gave back, by its own log. */
export interface Money {
  readonly captured: number;
  readonly refunded: number;
  readonly net: number;
}

export function moneyOf({ bankLog }: Evidence): Money {
  const sum = (outcome: string) =>
    bankLog.filter((row) => row.outcome === outcome).reduce((pence, row) => pence + row.pence, 0);
  const captured = sum("captured");
  const refunded = sum("refunded");
  return { captured, refunded, net: captured - refunded };
}

/** Whether the bank, the ledger and the payments all come to what the file says. */
export function auditMoney(expected: Expected, evidence: Evidence): AuditEntry[] {
  const confirmed = expected.orders.filter((order) => order.confirmed);
  const money = moneyOf(evidence);
  return [
    entry(
      "one capture per confirmed order",
      count(confirmed.length, "capture"),
      offendingCharges(expected, evidence),
    ),
    entry("money conserved", `${pounds(money.captured)} captured, ${pounds(money.refunded)} refunded`, [
      ...offendingRefunds(expected, evidence),
      ...offendingTotals(expected, evidence),
    ]),
    entry(
      "ledger balanced",
      count(evidence.entries.length, "entry").replace(/ys?$/, "ies"),
      offendingLedger(evidence),
    ),
  ];
}

function offendingCharges({ orders }: Expected, { bankLog }: Evidence): string[] {
  const charges = Map.groupBy(
    bankLog.filter((row) => row.kind === "charge"),
    (row) => row.key,
  );
  const known = new Set(orders.map(({ orderId }) => `charge-${orderId}`));
  return [
    ...orders.flatMap(({ order, orderId, confirmed }) => {
      if (!confirmed) return [];
      const own = charges.get(`charge-${orderId}`) ?? [];
      const captures = own.filter((row) => row.outcome === "captured");
      if (captures.length !== 1) return [`${order.invoice} has ${count(captures.length, "capture")}`];
      return captures[0]!.pence === order.totalPence
        ? []
        : [
            `${order.invoice} was charged ${pounds(captures[0]!.pence)} instead of ${pounds(order.totalPence)}`,
          ];
    }),
    ...[...charges.keys()]
      .filter((key) => !known.has(key))
      .map((key) => `the bank's ${key} is of no order of the file`),
  ];
}

/** Every refund of the bank is one that the file asks for, of the right amount, and the other way round. */
function offendingRefunds({ orders, returns }: Expected, { bankLog }: Evidence): string[] {
  const orderIds = new Map(orders.map(({ order, orderId }) => [order.invoice, orderId]));
  const due = new Map<string, number>();
  for (const { returnId, parts } of returns)
    for (const part of parts ?? [])
      add(due, `return-${returnId}-${orderIds.get(part.invoice) ?? "?"}`, part.quantity * part.pence);
  const given = new Map<string, number>();
  for (const row of bankLog) if (row.outcome === "refunded") add(given, row.key, row.pence);
  const refused = new Set(orders.filter((order) => !order.confirmed).map(({ orderId }) => `undo-${orderId}`));
  return [
    ...[...due]
      .filter(([key, pence]) => given.get(key) !== pence)
      .map(([key, pence]) => `${key} gave back ${pounds(given.get(key) ?? 0)} instead of ${pounds(pence)}`),
    ...[...given.keys()]
      .filter((key) => !due.has(key) && !refused.has(key))
      .map((key) => `the bank's ${key} was asked for by nothing in the file`),
  ];
}

function offendingTotals({ orders, returns }: Expected, evidence: Evidence): string[] {
  const sales = orders.reduce((sum, { order, confirmed }) => sum + (confirmed ? order.totalPence : 0), 0);
  const refunds = returns
    .flatMap(({ parts }) => parts ?? [])
    .reduce((sum, part) => sum + part.quantity * part.pence, 0);
  const due = sales - refunds;
  const { net } = moneyOf(evidence);
  const bank = evidence.trialBalance.accounts.find(({ account }) => account === "bank")?.balancePence;
  const paid = evidence.payments.reduce((sum, one) => sum + one.capturedPence - one.refundedPence, 0);
  return [
    ...(net === due ? [] : [`the bank holds ${pounds(net)}, by the file ${pounds(due)}`]),
    ...(bank === due
      ? []
      : [`the ledger's bank account holds ${pounds(bank ?? 0)}, by the file ${pounds(due)}`]),
    ...(paid === due ? [] : [`the payments come to ${pounds(paid)}, by the file ${pounds(due)}`]),
  ];
}

function offendingLedger({ entries, trialBalance }: Evidence): string[] {
  const sums = new Map<string, number>();
  const unbalanced = entries.flatMap(({ entryId, postings }) => {
    for (const { account, pence } of postings) add(sums, account, pence);
    const off = postings.reduce((sum, posting) => sum + posting.pence, 0);
    return off === 0 ? [] : [`entry ${entryId} is off by ${pounds(off)}`];
  });
  const { accounts, sumPence, unbalancedEntries } = trialBalance;
  const receivable = accounts.find(({ account }) => account === "receivable")?.balancePence;
  return [
    ...unbalanced,
    ...(sumPence === 0 && unbalancedEntries === 0 ? [] : [`the trial balance is off by ${pounds(sumPence)}`]),
    ...(receivable === 0 ? [] : [`customers owe ${pounds(receivable ?? 0)}`]),
    ...accounts
      .filter(({ account, balancePence }) => balancePence !== (sums.get(account) ?? 0))
      .map(({ account }) => `the balance of ${account} is not the sum of its postings`),
  ];
}
