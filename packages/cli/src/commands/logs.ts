import type { LogLine, LogQuery } from "@kerf/dashboard/api";
import { latestLog, logsAfter, matches, searchLogs } from "@kerf/dashboard/read";
import { command, readCount } from "../arguments.ts";
import { standardOutput, type Output } from "../output.ts";
import { given as only, readSince, readWord } from "../recorded/filters.ts";
import { endWithReader, untilEnded } from "../recorded/follow.ts";
import { logLines } from "../recorded/log-line.ts";
import {
  recordedNotes,
  recordedOptions,
  withTelemetry,
  withTelemetryToCome,
  type Place,
} from "../recorded/telemetry-file.ts";
import { UsageError } from "../usage.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
const LOOK_MS = 200;
const MOST_AT_ONCE = 1_000;

export const logs = command({
  name: "logs",
  summary: "Shows what all units wrote to their logs.",
  options: {
    service: { value: "NAME", text: "of this service" },
    unit: { value: "NAME", text: "of this unit" },
    level: { value: "LEVEL", text: `this level and above: ${LEVELS.join(", ")}` },
    trace: { value: "ID", text: "of this trace" },
    text: { value: "TEXT", text: "with this in the message or a field" },
    since: { value: "TIME", text: "written since: 1h, or 2026-11-21T10:00:00Z" },
    limit: { value: "N", text: "the last so many; default: 100, at most 1000" },
    ...recordedOptions,
  },
  notes: [
    "Lines that are no JSON, as those of console.log, are not kept: kerf dev shows them.",
    "",
    ...recordedNotes,
  ],
  async run(given) {
    const output = standardOutput({ json: given.json ?? false });
    if (given.trace !== undefined && !/^[0-9a-f]{32}$/i.test(given.trace))
      throw new UsageError(`--trace ${given.trace}: the id of a trace has 32 hexadecimal digits.`);
    const query: LogQuery = only({
      service: given.service,
      unit: given.unit,
      level: given.level === undefined ? undefined : readWord("level", given.level, LEVELS),
      traceId: given.trace?.toLowerCase(),
      text: given.text,
      fromAt: given.since === undefined ? undefined : readSince("since", given.since),
      limit: given.limit === undefined ? 100 : Math.min(1_000, readCount("limit", given.limit)),
    });
    return given.follow ? follow(given, query, output) : show(given, query, output);
  },
});

async function show(place: Place, query: LogQuery, output: Output): Promise<number> {
  endWithReader();
  const { logs: found, next } = await withTelemetry(place, (database) => searchLogs(database, query));
  const lines = found.toReversed();
  const text = logLines(output, lines);
  if (output.json) output.line(JSON.stringify({ logs: lines }, undefined, 2));
  else if (lines.length === 0) output.line("There are no such lines.");
  else for (const line of lines) output.line(text(line));
  if (!output.json && next !== null)
    output.note(`There are earlier ones: --limit ${query.limit! * 2} shows more.`);
  return 0;
}

function follow(place: Place, query: LogQuery, output: Output): Promise<number> {
  return untilEnded(async (signal, pause) => {
    await withTelemetryToCome(place, output, signal, async (database) => {
      let last = latestLog(database);
      const before = searchLogs(database, query).logs.toReversed();
      const text = logLines(output, before);
      const tell = (line: LogLine): void => output.line(output.json ? JSON.stringify(line) : text(line));
      for (const line of before) tell(line);
      let more = false;
      while (await pause(more ? 0 : LOOK_MS)) {
        const lines = logsAfter(database, last, MOST_AT_ONCE);
        more = lines.length === MOST_AT_ONCE;
        last = lines.at(-1)?.id ?? last;
        for (const line of lines)
          if (matches(line, query) && (!query.traceId || line.traceId === query.traceId)) tell(line);
      }
    });
  });
}
