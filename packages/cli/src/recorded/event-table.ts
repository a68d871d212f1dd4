import type { EventFlow, EventsView } from "@kerf/dashboard/api";
import type { Output } from "../output.ts";
import { plain, span } from "../tables.ts";
import { fittedTable, type Column } from "./fitted-table.ts";
import { rate, took } from "./words.ts";

const columns: readonly Column[] = [
  { head: "event", least: 20 },
  { head: "published" },
  { head: "to", least: 8 },
  ...["delivered", "failed", "p95", "waiting", "oldest", "dead letters"].map((head) => ({ head })),
];
/** What is left out first where there is no room for all. */
const spare = ["p95", "published", "delivered", "oldest"];

/** Each event type with who is told of it, how far they are behind, and what they gave up on. */
export function eventTable({ events, outboxes }: EventsView, output: Output, width?: number): string[] {
  const { paint } = output;
  const flows = events.flatMap((event) => rowsOf(event));
  const { head, rows, hint } = fittedTable(
    columns,
    flows.map(({ cells }) => cells),
    spare,
    output,
    width,
  );
  const unsent = outboxes.filter((one) => one.unsent > 0);
  const dead = flows.some((flow) => flow.dead);
  return [
    head,
    ...rows.map((line, i) => (flows[i]!.dead ? paint("red", line) : line)),
    ...hint,
    ...(unsent.length > 0 ? [""] : []),
    ...unsent.map((one) =>
      paint(
        "yellow",
        plain(`${one.service} has ${one.unsent} to send, the oldest for ${span(one.oldestMs)}`),
      ),
    ),
    ...(dead ? ["", "kerf dead-letters has what was given up on."] : []),
  ];
}

function rowsOf({ type, published, subscribers }: EventFlow): { cells: string[]; dead: boolean }[] {
  const own = [type, rate(published.perSecond)];
  if (subscribers.length === 0)
    return [{ cells: [...own, "nobody", "-", "-", "-", "-", "-", "-"], dead: false }];
  return subscribers.map(({ service, delivered, lag, oldestMs, deadLetters }, i) => ({
    cells: [
      ...(i === 0 ? own : ["", ""]),
      service,
      rate(delivered.perSecond),
      delivered.errors === 0 ? "-" : String(delivered.errors),
      took(delivered.p95Ms),
      lag === null ? "?" : String(lag),
      oldestMs === null || lag === 0 ? "-" : span(oldestMs),
      deadLetters === 0 ? "-" : String(deadLetters),
    ],
    dead: deadLetters > 0,
  }));
}
