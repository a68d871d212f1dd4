import type { DatabaseSync } from "node:sqlite";
import { flowsOf, metricsOf, ratesOf, seriesOf, streamsOf } from "@kerf/dashboard/read";
import { command } from "../arguments.ts";
import { standardOutput, type Output } from "../output.ts";
import { given as only, readSpan, readWord } from "../recorded/filters.ts";
import { endWithReader, untilEnded } from "../recorded/follow.ts";
import { isOf, rateTable, views, type View } from "../recorded/rate-table.ts";
import { openScreen } from "../recorded/screen.ts";
import { seriesTable } from "../recorded/series-table.ts";
import { streamRate, streamTable } from "../recorded/stream-table.ts";
import {
  recordedNotes,
  recordedOptions,
  withTelemetry,
  withTelemetryToCome,
  type Place,
} from "../recorded/telemetry-file.ts";
import { headed } from "../tables.ts";
import { Failure, refuseWord, UsageError } from "../usage.ts";

const EVERY_MS = 2_000;
const MOST_WINDOW_MS = 3 * 86_400_000;

/** What is shown at one time: as text, and as objects for programs. */
interface Reading {
  readonly lines: () => string[];
  /** Of a document. */
  readonly whole: object;
  /** Of a line each. */
  readonly parts: readonly object[];
}

export const metrics = command({
  name: "metrics",
  summary: "Shows how often, how fast and with how many errors each member answers; or one metric over time.",
  operand: { name: "METRIC" },
  options: {
    by: {
      value: "WHAT",
      text: "member (default) or edge; with METRIC: attributes, or service, unit, instance, by commas",
    },
    service: { value: "NAME", text: "of this service, or to it or from it" },
    member: { value: "MEMBER", text: "of this member, or of a name with this in it" },
    window: { value: "TIME", text: "of the last so long; default: 5m, with METRIC 30m" },
    names: { text: "the metrics that there are" },
    ...recordedOptions,
  },
  notes: [
    "Percentiles of members come from spans: where traces are sampled, they and the rates are those of what was.",
    "See too: kerf status for what waits, kerf trace --member MEMBER --slower 100ms.",
    "",
    ...recordedNotes,
  ],
  async run(given, name) {
    const output = standardOutput({ json: given.json ?? false });
    const { service, member } = given;
    if (name !== undefined && (member ?? given.names) !== undefined)
      throw new UsageError(`--${member === undefined ? "names" : "member"} does not go with a METRIC.`);
    const windowMs = readWindow(given.window, name === undefined ? 300_000 : 1_800_000);
    if (given.names) return once(given, output, namesOf(output));
    if (name !== undefined) {
      const read = seriesReader(name, windowMs, only({ service, by: given.by }), output);
      return given.follow ? follow(given, output, read) : once(given, output, read);
    }
    const view = given.by === undefined ? "member" : readWord("by", given.by, views);
    const read = ratesReader(view, windowMs, { service, member }, output);
    return given.follow ? follow(given, output, read) : once(given, output, read);
  },
});

type Read = (database: DatabaseSync) => Reading;

async function once(place: Place, output: Output, read: Read): Promise<number> {
  endWithReader();
  const { lines, whole } = await withTelemetry(place, read);
  if (output.json) output.line(JSON.stringify(whole, undefined, 2));
  else for (const line of lines()) output.line(line);
  return 0;
}

function follow(place: Place, output: Output, read: Read): Promise<number> {
  return untilEnded(async (signal, pause) => {
    await withTelemetryToCome(place, output, signal, async (database) => {
      const screen = openScreen(output);
      try {
        do {
          const { lines, parts } = read(database);
          if (output.json) for (const part of parts) output.line(JSON.stringify(part));
          else screen.show(lines());
        } while (await pause(EVERY_MS));
      } finally {
        screen.close();
      }
    });
  });
}

function ratesReader(
  view: View,
  windowMs: number,
  { service, member }: { service: string | undefined; member: string | undefined },
  output: Output,
): Read {
  return (database) => {
    const at = Date.now();
    const flows = flowsOf(database, windowMs, at)
      .filter((flow) => isOf(view, flow))
      .filter(
        ({ source, target }) =>
          service === undefined || target === service || (view === "edge" && source === service),
      )
      .filter((flow) => member === undefined || flow.member.includes(member))
      .map((flow) => (view === "member" ? { ...flow, source: "" } : flow));
    const rates = ratesOf(flows, windowMs);
    const whole = { at, windowMs, by: view, rates };
    const parts = rates.map((rate) => ({ at, windowMs, ...rate }));
    const nothing = "Nothing of this was called in this time. --window 1h looks further back.";
    const table = (): string[] => (rates.length > 0 ? rateTable(view, rates, output) : [nothing]);
    if (view === "member") return { whole, parts, lines: table };
    const streams = streamsOf(database, windowMs, at)
      .filter(({ source, target }) => service === undefined || [source, target].includes(service))
      .filter((row) => member === undefined || row.member.includes(member))
      .map((row) => streamRate(row, windowMs));
    return {
      whole: { ...whole, streams },
      parts: [...parts, ...streams.map((stream) => ({ at, windowMs, kind: "stream", ...stream }))],
      lines: () =>
        streams.length === 0
          ? table()
          : [...(rates.length > 0 ? [...table(), ""] : []), ...streamTable(streams, output)],
    };
  };
}

function seriesReader(
  name: string,
  windowMs: number,
  query: { service?: string; by?: string },
  output: Output,
): Read {
  return (database) => {
    const toAt = Date.now();
    const fromAt = toAt - windowMs;
    const list = seriesOf(database, { name, fromAt, toAt, ...query }, toAt);
    if (!list) return refuseMetric(database, name, query.service);
    return {
      whole: { name, fromAt, toAt, ...list },
      parts: list.series.map((series) => ({
        at: toAt,
        name,
        unit: list.unit,
        kind: list.kind,
        labels: series.labels,
        ...series.points.at(-1),
      })),
      lines: () =>
        list.series.length > 0
          ? seriesTable(list, { fromAt, toAt }, output)
          : ["Nothing came of it in this time. --window 1h looks further back."],
    };
  };
}

function namesOf(output: Output): Read {
  return (database) => {
    const { metrics: facts } = metricsOf(database);
    const rows = facts.map(({ name, kind, unit, attributes, services }) => [
      name,
      kind,
      unit || "-",
      attributes.join(", ") || "-",
      services.join(", "),
    ]);
    return {
      whole: { metrics: facts },
      parts: facts,
      lines: () =>
        facts.length > 0
          ? headed(["metric", "kind", "unit", "attributes", "of"], rows, output)
          : ["There are no metrics yet: units send them every 5 s."],
    };
  };
}

function refuseMetric(database: DatabaseSync, name: string, service: string | undefined): never {
  const known = metricsOf(database).metrics;
  if (known.length === 0) throw new Failure("There are no metrics yet: units send them every 5 s.");
  const same = known.find((one) => one.name === name);
  if (same) throw new Failure(`${service} sends no ${name}. It comes from: ${same.services.join(", ")}.`);
  refuseWord(
    "metric",
    name,
    known.map((one) => one.name),
  );
}

function readWindow(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const windowMs = readSpan("window", text);
  if (windowMs < 10_000 || windowMs > MOST_WINDOW_MS)
    throw new UsageError(`--window ${text}: it is 10s at least, and 3d at most.`);
  return windowMs;
}
