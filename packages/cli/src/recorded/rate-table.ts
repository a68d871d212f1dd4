import type { Rate } from "@kerf/dashboard/read";
import type { Output } from "../output.ts";
import { fittedTable, type Column } from "./fitted-table.ts";
import { rate, took } from "./words.ts";

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

const names: Record<View, readonly Column[]> = {
  member: [
    { head: "service", least: 8 },
    { head: "member", least: 20 },
  ],
  edge: [
    { head: "from", least: 8 },
    { head: "to", least: 8 },
    { head: "what", least: 20 },
    { head: "where" },
  ],
};
const numbers = ["count", "rate", "errors", "refused", "p50", "p95", "p99"].map((head) => ({ head }));
/** What is left out first where there is no room for all. */
const spare: Record<View, readonly string[]> = {
  member: ["p50", "p99", "count", "refused"],
  edge: ["p50", "p99", "where", "count", "refused"],
};

export function rateTable(view: View, rates: readonly Rate[], output: Output, width?: number): string[] {
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
  const {
    head,
    rows: lines,
    hint,
  } = fittedTable([...names[view], ...numbers], rows, spare[view], output, width);
  return [
    head,
    ...lines.map((line, i) => (rates[i]!.errors > 0 ? output.paint("red", line) : line)),
    ...hint,
  ];
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
