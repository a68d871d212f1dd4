import type { StreamRow } from "@kerf/dashboard/read";
import type { Output } from "../output.ts";
import { fittedTable, type Column } from "./fitted-table.ts";
import { rate } from "./words.ts";

/** What went over an edge by streams of one member. */
export interface StreamRate {
  readonly caller: string;
  readonly callee: string;
  readonly member: string;
  /** Null where the counts do not say. */
  readonly local: boolean | null;
  /** Now. */
  readonly open: number;
  readonly ended: number;
  readonly errors: number;
  readonly refused: number;
  readonly messages: number;
  readonly messagesPerSecond: number;
}

export function streamRate(row: StreamRow, windowMs: number): StreamRate {
  const { source: caller, target: callee, member, local, open, ended, errors, refused, messages } = row;
  return {
    caller,
    callee,
    member,
    local: local < 0 ? null : local === 1,
    open,
    ended,
    errors,
    refused,
    messages,
    messagesPerSecond: messages / (windowMs / 1_000),
  };
}

const columns: readonly Column[] = [
  { head: "from", least: 8 },
  { head: "to", least: 8 },
  { head: "stream", least: 20 },
  ...["where", "open", "ended", "errors", "refused", "messages", "rate"].map((head) => ({ head })),
];
/** What is left out first where there is no room for all. */
const spare = ["where", "messages", "refused", "ended"];

export function streamTable(streams: readonly StreamRate[], output: Output, width?: number): string[] {
  const rows = streams.map((one) => [
    one.caller,
    one.callee,
    one.member,
    one.local === null ? "-" : one.local ? "local" : "remote",
    String(one.open),
    String(one.ended),
    one.errors === 0 ? "-" : String(one.errors),
    one.refused === 0 ? "-" : String(one.refused),
    String(one.messages),
    rate(one.messagesPerSecond),
  ]);
  const { head, rows: lines, hint } = fittedTable(columns, rows, spare, output, width);
  return [
    head,
    ...lines.map((line, i) => (streams[i]!.errors > 0 ? output.paint("red", line) : line)),
    ...hint,
  ];
}
