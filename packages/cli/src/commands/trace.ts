import type { DatabaseSync } from "node:sqlite";
import type { TraceQuery, TraceSummary, TraceView } from "@kerf/dashboard/api";
import { latestSpan, readTrace, searchTraces, traceIdsOf } from "@kerf/dashboard/read";
import { command, readCount } from "../arguments.ts";
import { standardOutput, type Output } from "../output.ts";
import { given as only, readSince, readSpan, readWord } from "../recorded/filters.ts";
import { endWithReader, untilEnded } from "../recorded/follow.ts";
import { openScreen } from "../recorded/screen.ts";
import {
  recordedNotes,
  recordedOptions,
  withTelemetry,
  withTelemetryToCome,
} from "../recorded/telemetry-file.ts";
import { traceLine, traceTable } from "../recorded/trace-list.ts";
import { waterfall } from "../recorded/waterfall.ts";
import { plain } from "../tables.ts";
import { Failure, UsageError } from "../usage.ts";

const LOOK_MS = 250;
/** A trace is told of when nothing has come for it for so long: its spans come one by one. */
const QUIET_MS = 1_000;
const MOST_TOLD = 20_000;

interface Given {
  readonly follow: true | undefined;
  readonly json: true | undefined;
  readonly data: string | undefined;
  readonly config: string | undefined;
}

export const trace = command({
  name: "trace",
  summary: "Lists traces, or shows one as a tree in time.",
  operand: { name: "ID" },
  options: {
    service: { value: "NAME", text: "with a span of this service" },
    member: {
      value: "MEMBER",
      text: "with a span of this member, as inventory@1.reserve, or of a name with this in it",
    },
    status: { value: "STATUS", text: "error or ok" },
    slower: { value: "TIME", text: "that took this long at least: 200ms" },
    attribute: { value: "KEY=VALUE", many: true, text: "with a span that has it; repeatable" },
    text: { value: "WORDS", text: "with a span whose name, error or attributes hold them" },
    since: { value: "TIME", text: "that began since: 1h, or 2026-11-21T10:00:00Z" },
    limit: { value: "N", text: "at most so many; default: 20" },
    ...recordedOptions,
  },
  notes: [
    "What is asked of a span must all be true of one span. ID: a trace, or as much of its id as tells it from others.",
    "In the tree, * marks the critical path: what the answer waited for; · what came last after the answer.",
    "See too: kerf logs --trace ID, kerf sagas show ID.",
    "",
    ...recordedNotes,
  ],
  async run(given, id) {
    const output = standardOutput({ json: given.json ?? false });
    const filters = ["service", "member", "status", "slower", "attribute", "text", "since", "limit"] as const;
    if (id !== undefined) {
      const filter = filters.find((name) => given[name] !== undefined);
      if (filter) throw new UsageError(`--${filter} is for the list, and not for one trace.`);
      return given.follow ? followOne(given, id, output) : showOne(given, id, output);
    }
    const query: TraceQuery = only({
      service: given.service,
      member: given.member,
      status: given.status === undefined ? undefined : readWord("status", given.status, ["error", "ok"]),
      minMs: given.slower === undefined ? undefined : readSpan("slower", given.slower),
      attribute: given.attribute,
      text: given.text,
      fromAt: given.since === undefined ? undefined : readSince("since", given.since),
      limit: given.limit === undefined ? 20 : Math.min(500, readCount("limit", given.limit)),
    });
    return given.follow ? followList(given, query, output) : showList(given, query, output);
  },
});

async function showList(given: Given, query: TraceQuery, output: Output): Promise<number> {
  endWithReader();
  const { traces, next } = await withTelemetry(given, (database) => searchTraces(database, query));
  if (output.json) output.line(JSON.stringify({ traces }, undefined, 2));
  else if (traces.length === 0) output.line("There is no such trace.");
  else for (const line of traceTable(traces.toReversed(), output)) output.line(line);
  if (!output.json && next !== null) output.note(`There are more: --limit ${query.limit! * 2} shows them.`);
  return 0;
}

/** The latest first, as `tail -f` has its lines, then each trace once when it seems to be over. */
function followList(given: Given, query: TraceQuery, output: Output): Promise<number> {
  return untilEnded(async (signal, pause) => {
    await withTelemetryToCome(given, output, signal, async (database) => {
      let last = latestSpan(database);
      const told = new Set<string>();
      const tell = (summary: TraceSummary): void => {
        told.add(summary.traceId);
        output.line(output.json ? JSON.stringify(summary) : traceLine(summary, output));
        // What was told long ago gets no more spans.
        if (told.size > MOST_TOLD) told.delete(told.values().next().value!);
      };
      for (const one of searchTraces(database, query).traces.toReversed()) tell(one);
      const { limit: _limit, ...all } = query;
      /** By trace, when something last came for it. */
      const waiting = new Map<string, number>();
      while (await pause(LOOK_MS)) {
        const now = Date.now();
        const latest = latestSpan(database);
        if (latest > last)
          for (const { traceId } of searchTraces(database, { ...all, limit: 500 }, { afterSpan: last })
            .traces)
            if (!told.has(traceId)) waiting.set(traceId, now);
        if (latest > last)
          for (const { traceId } of searchTraces(database, { limit: 500 }, { afterSpan: last }).traces)
            if (waiting.has(traceId)) waiting.set(traceId, now);
        last = latest;
        const quiet = [...waiting].filter(([, at]) => now - at >= QUIET_MS).map(([traceId]) => traceId);
        for (const traceId of quiet) waiting.delete(traceId);
        // One that was all right so far may have failed meanwhile.
        const settled = searchTraces(database, { ...all, limit: 500 }, { traces: quiet.slice(0, 500) });
        for (const one of settled.traces.toReversed()) tell(one);
      }
    });
  });
}

async function showOne(given: Given, id: string, output: Output): Promise<number> {
  endWithReader();
  const view = await withTelemetry(given, (database) => read(database, wholeId(database, id)));
  if (output.json) output.line(JSON.stringify(view, undefined, 2));
  else for (const line of waterfall(view, output)) output.line(line);
  return 0;
}

/** Shown anew whenever something has come for it. */
function followOne(given: Given, id: string, output: Output): Promise<number> {
  return untilEnded(async (_signal, pause) => {
    await withTelemetry(given, async (database) => {
      const traceId = wholeId(database, id);
      const screen = openScreen(output);
      let shown = "";
      try {
        do {
          const view = read(database, traceId);
          const now = `${view.spans.length} ${view.logs.length}`;
          if (now === shown) continue;
          shown = now;
          if (output.json) output.line(JSON.stringify(view));
          else screen.show(waterfall(view, output));
        } while (await pause(LOOK_MS));
      } finally {
        screen.close();
      }
    });
  });
}

function read(database: DatabaseSync, traceId: string): TraceView {
  const view = readTrace(database, traceId);
  if (!view) throw new Failure(`The trace ${traceId} is not kept any more.`);
  return view;
}

/** @throws Failure where no trace, or more than one, begins so; UsageError where none can */
function wholeId(database: DatabaseSync, id: string): string {
  if (!/^[0-9a-f]{4,32}$/i.test(id))
    throw new UsageError(
      `"${plain(id)}" is no id of a trace: they have 32 hexadecimal digits, of which the first 4 may be enough.`,
    );
  const [found, ...others] = traceIdsOf(database, id, 4);
  if (found === undefined)
    throw new Failure(
      `There is no trace ${id}: it is not there yet, was not sampled, or is not kept any more. kerf trace lists those that are.`,
    );
  if (others.length > 0)
    throw new Failure(
      `Several traces begin with ${id}: ${[found, ...others].join(", ")}. Give more of its id.`,
    );
  return found;
}
