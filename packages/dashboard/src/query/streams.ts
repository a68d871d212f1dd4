import type { DatabaseSync } from "node:sqlite";
import type { Attributes } from "../api/index.ts";
import { isRefusal } from "../store/ending.ts";

/** What went over an edge by streams of one member in a window. They are told by counts: spans come when streams end. */
export interface StreamRow {
  readonly source: string;
  readonly target: string;
  readonly member: string;
  /** 1 in one process, 0 between two, -1 where the counts do not say. */
  readonly local: number;
  /** Now. */
  readonly open: number;
  readonly ended: number;
  readonly errors: number;
  readonly refused: number;
  /** Answers. */
  readonly messages: number;
}

/** How long a process that tells nothing more is taken to hold its streams open. */
const SILENT_MS = 60_000;

type Count = "open" | "ended" | "errors" | "messages";
const counts: Readonly<Record<string, Count>> = {
  "kerf.edge.stream.open": "open",
  "kerf.edge.streams": "ended",
  "kerf.edge.stream.errors": "errors",
  "kerf.edge.stream.messages": "messages",
};

interface Counted {
  readonly name: string;
  readonly attributes: string;
  readonly added: number;
  readonly latest: number;
  readonly latestAt: number;
}

/** Of each caller, callee, member and locality, where streams were open or ended in the last `windowMs`. */
export function streamsOf(database: DatabaseSync, windowMs: number, now = Date.now()): StreamRow[] {
  // With a lone max(), SQLite takes the other columns from the row that has it.
  const rows = database
    .prepare(
      `SELECT series.name, series.attributes, sum(point.value) AS added, point.value AS latest, max(point.at) AS latestAt
      FROM series JOIN point ON point.series = series.id AND point.at BETWEEN ? AND ?
      WHERE series.name IN (${Object.keys(counts)
        .map(() => "?")
        .join(", ")}) GROUP BY series.id`,
    )
    .all((now - windowMs) * 1_000, (now + SILENT_MS) * 1_000, ...Object.keys(counts)) as unknown as Counted[];
  const found = new Map<string, { -readonly [K in keyof StreamRow]: StreamRow[K] }>();
  for (const { name, attributes, added, latest, latestAt } of rows) {
    const of = JSON.parse(attributes) as Attributes;
    const text = (key: string): string => (typeof of[key] === "string" ? of[key] : "");
    const [source, target, member] = [text("kerf.caller"), text("kerf.callee"), text("kerf.member")];
    const local = of["kerf.local"] === true ? 1 : of["kerf.local"] === false ? 0 : -1;
    const key = JSON.stringify([source, target, member, local]);
    let row = found.get(key);
    if (!row) {
      row = { source, target, member, local, open: 0, ended: 0, errors: 0, refused: 0, messages: 0 };
      found.set(key, row);
    }
    const what = counts[name]!;
    if (what === "errors" && isRefusal(text("error.type"))) row.refused += added;
    else if (what !== "open") row[what] += added;
    else if (latestAt / 1_000 > now - SILENT_MS) row.open += latest;
  }
  return [...found.values()].filter(({ open, ended, messages }) => open + ended + messages > 0);
}
