import type { Rate } from "@kerf/dashboard/read";
import type { Output } from "../output.ts";
import { headed } from "../tables.ts";
import { rate, room, took } from "./words.ts";

/** `member`: what answered, whoever asked. `edge`: who asked whom for what, as who asked saw it. */
export const views = ["member", "edge"] as const;
export type View = (typeof views)[number];

const kinds: Record<View, readonly Rate["kind"][]> = {
  member: ["enter", "serve", "deliver"],
  edge: ["enter", "call", "deliver", "foreign", "query"],
};

/** Whether a kind of flow is one that a view is of: a call is told by both its sides. */
export function isOf(view: View, { kind }: Pick<Rate, "kind">): boolean {
  return kinds[view].includes(kind);
}

export function rateTable(view: View, rates: readonly Rate[], output: Output): string[] {
  const numbers = ["count", "rate", "errors", "refused", "p50", "p95", "p99"];
  const head =
    view === "member" ? ["service", "member", ...numbers] : ["from", "to", "what", "where", ...numbers];
  const rows = rates.map((one) => [
    ...(view === "member"
      ? [one.callee, one.member]
      : [one.caller || "clients", one.callee, one.member, whereOf(one)]),
    String(one.count),
    rate(one.perSecond),
    part(one.errors, one.count),
    part(one.refused, one.count),
    took(one.p50Ms),
    took(one.p95Ms),
    took(one.p99Ms),
  ]);
  const [first, ...lines] = headed(head, rows, output, room());
  return [first!, ...lines.map((line, i) => (rates[i]!.errors > 0 ? output.paint("red", line) : line))];
}

function whereOf({ kind, local }: Rate): string {
  if (kind === "deliver") return "event";
  if (kind === "query") return "database";
  if (kind === "foreign") return "foreign";
  if (kind === "enter") return "http";
  return local === null ? "both" : local ? "local" : "remote";
}

function part(some: number, all: number): string {
  return some === 0 ? "-" : `${some} (${percent(some / all)})`;
}

function percent(share: number): string {
  return share < 0.001 ? "<0.1 %" : `${Number((share * 100).toFixed(share < 0.1 ? 1 : 0))} %`;
}
