import type { Evidence } from "../evidence.ts";
import type { Expected, ExpectedReturn, Part } from "../expected.ts";
import { count, entry, pounds, type AuditEntry } from "./entry.ts";

/** Whether each return took the right pieces, at the price that was paid, and ended. */
export function auditReturns(expected: Expected, evidence: Evidence): AuditEntry[] {
  const looked = count(expected.returns.length, "return");
  return [
    entry("returns are refunded at the price paid", looked, offendingParts(expected, evidence)),
    entry("every effect of a return happened once", looked, offendingEffects(expected, evidence)),
  ];
}

/** What each return took, by the shop's own word, in the file's terms. */
export function partsBy({ returns, decisions }: Evidence): (returnId: string) => Part[] | undefined {
  const invoices = new Map(decisions.map((decision) => [decision.orderId, decision.reference ?? ""]));
  const byId = new Map(returns.map((one) => [one.returnId, one]));
  return (returnId) =>
    byId.get(returnId)?.parts.map(({ orderId, line, quantity, pence }) => ({
      invoice: invoices.get(orderId) ?? "",
      line,
      quantity,
      pence,
    }));
}

function offendingParts({ orders, returns }: Expected, evidence: Evidence): string[] {
  const partsOf = partsBy(evidence);
  const confirmed = new Map(orders.filter((o) => o.confirmed).map(({ order }) => [order.invoice, order]));
  const taken = new Map<string, number>();
  return returns.flatMap((expected) => {
    const place = `the return of ${expected.quantity} × ${expected.article} by ${expected.customerId} (${expected.invoice})`;
    const parts = partsOf(expected.returnId);
    if (!parts) return [`${place} is not there`];
    if (!expected.parts) return [`${place} was accepted with too few pieces left`];
    const problems: string[] = [];
    if (sameParts(parts) !== sameParts(expected.parts))
      problems.push(`${place} took ${words(parts)} instead of ${words(expected.parts)}`);
    for (const part of parts) {
      const order = confirmed.get(part.invoice);
      const line = order?.lines[part.line - 1];
      const key = `${part.invoice} line ${part.line}`;
      const before = taken.get(key) ?? 0;
      taken.set(key, before + part.quantity);
      if (!line || order?.customerId !== expected.customerId || line.article !== expected.article)
        problems.push(`${place} took from ${key}, which is not theirs`);
      else if (line.pence !== part.pence)
        problems.push(`${place}: ${key} cost ${pounds(line.pence)}, not ${pounds(part.pence)}`);
      else if (before + part.quantity > line.quantity)
        problems.push(`${place}: ${key} gave back more than it had`);
    }
    const sum = parts.reduce((pieces, part) => pieces + part.quantity, 0);
    if (sum !== expected.quantity) problems.push(`${place} took ${sum} pieces`);
    return problems;
  });
}

function offendingEffects({ returns }: Expected, evidence: Evidence): string[] {
  const known = new Map(returns.map((one) => [one.returnId, one]));
  const mails = Map.groupBy(evidence.mails, (mail) => mail.returnId ?? "");
  const parcels = Map.groupBy(evidence.returnParcels, (parcel) => parcel.returnId);
  return [
    ...evidence.returns
      .filter((one) => !known.has(one.returnId))
      .map((one) => `the return ${one.returnId} of ${one.article} is none of the file's, or was made twice`),
    ...evidence.returns.flatMap((one) => {
      const expected = known.get(one.returnId);
      if (!expected) return [];
      const done = one.state === "completed" && one.refunded && one.restocked;
      const sent = mails.get(one.returnId)?.length ?? 0;
      const awaited = parcels.get(one.returnId)?.length ?? 0;
      return [
        ...(done ? [] : [`${name(expected)} is ${one.state}`]),
        ...(sent === 1 ? [] : [`${name(expected)} has ${count(sent, "e-mail")}`]),
        ...(awaited === 1 ? [] : [`${name(expected)} has ${count(awaited, "parcel")}`]),
      ];
    }),
  ];
}

/** Comparable: lines of one order and price are told apart only by their number. */
function sameParts(parts: readonly Part[]): string {
  return parts
    .map((part) => `${part.invoice}/${part.line}: ${part.quantity} × ${part.pence}`)
    .toSorted()
    .join(", ");
}

function words(parts: readonly Part[]): string {
  return parts
    .map((part) => `${part.quantity} from ${part.invoice} line ${part.line} at ${pounds(part.pence)}`)
    .join(" and ");
}

function name({ invoice, article }: ExpectedReturn): string {
  return `the return of ${article} (${invoice})`;
}
