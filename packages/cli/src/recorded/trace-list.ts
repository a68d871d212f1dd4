import type { TraceSummary } from "@kerf/dashboard/api";
import { headed, plain } from "../tables.ts";
import { table, type Output } from "../output.ts";
import { clock, fit, room, shortId, took } from "./words.ts";

const head = ["began", "trace", "took", "spans", "errors", "what", "services"];

/** Traces as a table, in the order in which they are given. */
export function traceTable(traces: readonly TraceSummary[], output: Output): string[] {
  const [first, ...rows] = headed(head, traces.map(cellsOf), output, room());
  return [first!, ...rows.map((row, i) => coloured(row, traces[i]!, output))];
}

/** One line for a trace that came now: columns of a fixed width, since what follows is not known. */
export function traceLine(trace: TraceSummary, output: Output): string {
  const widths = [12, 12, 8, 5, 6, 32, 0];
  const cells = cellsOf(trace).map((cell, i) => plain(cell).padEnd(widths[i]!));
  return coloured(fit(table([cells])[0]!, room()), trace, output);
}

function cellsOf(trace: TraceSummary): string[] {
  return [
    clock(trace.startAt),
    shortId(trace.traceId),
    took(trace.durationMs),
    String(trace.spans),
    trace.errors === 0 ? "-" : String(trace.errors),
    trace.name,
    trace.services.join(", "),
  ];
}

function coloured(line: string, { errors }: TraceSummary, { paint }: Output): string {
  return errors > 0 ? paint("red", line) : line;
}
