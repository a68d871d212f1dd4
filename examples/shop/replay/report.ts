import type { AuditEntry } from "./audit/entry.ts";
import { pounds } from "./audit/entry.ts";
import type { ChaosSummary } from "./chaos.ts";
import type { Money } from "./audit/money.ts";
import type { Tally } from "./tally.ts";

/** What `--json` prints. `rows = sold + returned + refused + rejected`; money is in pence. */
export interface Report extends Tally {
  readonly rows: number;
  /** Rows that were one quoted field holding a whole row. */
  readonly repaired: number;
  /** Lines that came back after the last invoice; they are none of `rows`. */
  readonly lateReturns: number;
  readonly money: Money;
  readonly audit: readonly AuditEntry[];
  /** How the shop was broken meanwhile, and how often a request had to be repeated; absent where it was not. */
  readonly chaos?: (ChaosSummary & { readonly requestsRepeated: number }) | undefined;
  /** From the first invoice to the end of the last. */
  readonly seconds: number;
  /** Orders placed. */
  readonly ordersPerSecond: number;
}

/** The fields in the order in which they are read. */
export function reportOf(
  parts: Omit<Report, "ordersPerSecond" | keyof Tally> & { readonly tally: Tally },
): Report {
  const { tally, rows, repaired, lateReturns, money, audit, chaos, seconds } = parts;
  const { sold, returned, refused, rejected, orders } = tally;
  return {
    rows,
    repaired,
    sold,
    returned,
    lateReturns,
    refused,
    rejected,
    orders,
    money,
    audit,
    ...(chaos ? { chaos } : {}),
    seconds: round(seconds, 3),
    ordersPerSecond: seconds > 0 ? round(orders.placed / seconds, 2) : 0,
  };
}

function round(value: number, places: number): number {
  return Number(value.toFixed(places));
}

type Cell = readonly [name: string, value: string | number];

function chaosCells(chaos: Report["chaos"]): Cell[] {
  if (!chaos) return [];
  const counts = (of: Readonly<Record<string, number>>, prefix: string) =>
    Object.entries(of).map(([kind, many]): Cell => [`  ${prefix}${kind}`, many]);
  return [
    ["chaos, seed", chaos.seed],
    ...counts(chaos.faults, ""),
    ["  not done", chaos.failed],
    ...counts(chaos.repeated, "messages repeated after: "),
    ["  requests repeated", chaos.requestsRepeated],
    ["  killed with work in hand", chaos.recovery.holdingWork],
    ["  longest until it went on", timeOf(chaos.recovery.worstMs)],
    ["  later than lease and 2 s", chaos.recovery.late],
  ];
}

function timeOf(ms: number | undefined): string {
  return ms === undefined ? "-" : `${(ms / 1_000).toFixed(1)} s`;
}

/** A report for people. */
export function textOf(report: Report): string {
  const { orders, money, rejected } = report;
  const rows: Cell[] = [
    ["rows", report.rows],
    ["  sold", report.sold],
    ["  returned", report.returned],
    ["  refused", report.refused],
    ...Object.entries(rejected).map(([reason, many]): Cell => [`  rejected: ${reason}`, many]),
    ["repaired", report.repaired],
    ["late returns", report.lateReturns],
    ["orders placed", orders.placed],
    ["  confirmed", orders.confirmed],
    ["  out of stock", orders.outOfStock],
    ["  declined", orders.declined],
    ["captured", pounds(money.captured)],
    ["refunded", pounds(money.refunded)],
    ["net", pounds(money.net)],
    ["seconds", report.seconds.toFixed(1)],
    ["orders per second", report.ordersPerSecond.toFixed(1)],
    ...chaosCells(report.chaos),
  ];
  const left = Math.max(...rows.map(([name]) => name.length)) + 2;
  const right = Math.max(...rows.map(([, value]) => String(value).length));
  const width = Math.max(...report.audit.map(({ name }) => name.length));
  const failed = report.audit.filter(({ ok }) => !ok).length;
  return [
    ...rows.map(([name, value]) => name.padEnd(left) + String(value).padStart(right)),
    "",
    "audit",
    ...report.audit.map(
      ({ name, ok, detail }) => `  ${ok ? "ok  " : "FAIL"}  ${name.padEnd(width)}  ${detail}`,
    ),
    "",
    failed === 0 ? "Everything holds." : `${failed} of ${report.audit.length} do not hold.`,
  ].join("\n");
}
