import type { AppView, LiveQuery, LogQuery, MembersView, SeriesQuery, TraceQuery } from "../api/index.ts";
import { eventsOf } from "../query/events.ts";
import { searchLogs } from "../query/logs.ts";
import { mapOf } from "../query/map.ts";
import { metricsOf, seriesOf } from "../query/metrics.ts";
import { groupsOf, lettersOf, sagaOf, sagasOf } from "../query/records.ts";
import { serviceOf, servicesOf } from "../query/services.ts";
import { readTrace, searchTraces } from "../query/traces.ts";
import { streamsOf } from "../query/streams.ts";
import { flowsOf } from "../query/traffic.ts";
import { exportLines } from "../store/export.ts";
import { given, type Parameters } from "./parameters.ts";
import { Refusal } from "./refusal.ts";
import type { Routes } from "./handle.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
const SAGA_STATES = ["running", "undoing", "stuck", "parked", "done", "refused", "abandoned"] as const;

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Refusal(404, `there is no ${what}, or not any more`);
  return value;
}

/** Answers that change nothing. */
export const reading: Routes = {
  "GET /api/app": ({ app, topology, gateway, hasOperations, control, store, otlp }): AppView => ({
    app,
    topology,
    gateway: gateway() ?? null,
    otlp: otlp(),
    parts: { operations: hasOperations, topology: control !== undefined },
    kept: store.kept(),
  }),
  "GET /api/map": async (parts, { query }) => {
    const windowMs = query.windowMs();
    const { database } = parts;
    const application = await parts.application();
    return mapOf(application, flowsOf(database, windowMs), streamsOf(database, windowMs), windowMs);
  },
  "GET /api/traces": ({ database }, { query }) => searchTraces(database, traceQuery(query)),
  "GET /api/traces/*": ({ database }, { path: [id] }) => found(readTrace(database, id!), "trace of this id"),
  "GET /api/sagas": async (parts, { query }) =>
    sagasOf(
      await parts.operations(),
      given({
        state: query.oneOf("state", SAGA_STATES),
        service: query.text("service"),
        name: query.text("name"),
        limit: query.number("limit"),
      }),
    ),
  "GET /api/sagas/*/*/*": async (parts, { path: [service, name, id] }) =>
    found(await sagaOf(await parts.operationsOf(service!), name!, id!), "saga of this id"),
  "GET /api/events": async (parts, { query }) => {
    const windowMs = query.windowMs();
    const operations = await parts.operations().catch(() => undefined);
    return eventsOf(await parts.application(), flowsOf(parts.database, windowMs), windowMs, operations);
  },
  "GET /api/dead-letters": async (parts) => groupsOf(await parts.operations()),
  "GET /api/dead-letters/letters": async (parts, { query }) => {
    const service = found(query.text("service"), "service without a name");
    const choice = given({ cause: query.text("cause"), id: query.text("id") });
    return lettersOf(await parts.operationsOf(service), { service, ...choice }, query.number("limit") ?? 100);
  },
  "GET /api/services": async (parts, { query }) => {
    const windowMs = query.windowMs();
    return servicesOf(await parts.application(), flowsOf(parts.database, windowMs), windowMs);
  },
  "GET /api/services/*": async (parts, { path: [name], query }) => {
    const windowMs = query.windowMs();
    const flows = flowsOf(parts.database, windowMs);
    return found(serviceOf(await parts.application(), name!, flows, windowMs), "service of this name");
  },
  "GET /api/members": async (parts): Promise<MembersView> => ({
    members: (await parts.application()).services.flatMap(({ name: service, members }) =>
      members.map((member) => ({ ...member, service })),
    ),
  }),
  "GET /api/logs": ({ database }, { query }) => searchLogs(database, logQuery(query)),
  "GET /api/metrics": ({ database }) => metricsOf(database),
  "GET /api/metrics/series": ({ database }, { query }) => {
    const name = found(query.text("name"), "metric without a name");
    const rest: Omit<SeriesQuery, "name"> = given({
      service: query.text("service"),
      by: query.text("by"),
      fromAt: query.number("fromAt"),
      toAt: query.number("toAt"),
      stepMs: query.number("stepMs"),
    });
    return found(seriesOf(database, { name, ...rest }), "metric of this name");
  },
  "GET /api/topology": ({ readTopology }) => {
    if (!readTopology) throw new Refusal(501, "nobody here runs the processes: this is for kerf dev");
    return readTopology();
  },
  "GET /api/live": ({ live }, { response, query }) => {
    const asked: LiveQuery = {
      ...(query.text("logs") === "1" ? { logs: "1" } : {}),
      ...given({
        service: query.text("service"),
        unit: query.text("unit"),
        level: query.oneOf("level", LEVELS),
        text: query.text("text"),
      }),
    };
    live.listen(response, asked);
    return "sent";
  },
  "GET /api/export": async ({ database }, { response }) => {
    response.writeHead(200, {
      "content-type": "application/x-ndjson",
      "content-disposition": 'attachment; filename="telemetry.jsonl"',
      "cache-control": "no-store",
    });
    let lines = "";
    for (const line of exportLines(database)) {
      lines += `${line}\n`;
      if (lines.length < 262_144) continue;
      if (response.destroyed) return "sent";
      // Whoever reads slowly is waited for, and what else happens goes on meanwhile.
      await new Promise<void>((resolve) => response.write(lines, () => setImmediate(resolve)));
      lines = "";
    }
    response.end(lines);
    return "sent";
  },
};

function traceQuery(query: Parameters): TraceQuery {
  const attributes = query.all("attribute");
  return {
    ...given({
      service: query.text("service"),
      member: query.text("member"),
      status: query.oneOf("status", ["ok", "error"]),
      minMs: query.number("minMs"),
      maxMs: query.number("maxMs"),
      text: query.text("text"),
      fromAt: query.number("fromAt"),
      toAt: query.number("toAt"),
      limit: query.number("limit"),
      before: query.number("before"),
    }),
    ...(attributes.length > 0 ? { attribute: attributes } : {}),
  };
}

function logQuery(query: Parameters): LogQuery {
  return given({
    service: query.text("service"),
    unit: query.text("unit"),
    level: query.oneOf("level", LEVELS),
    text: query.text("text"),
    traceId: query.text("traceId"),
    fromAt: query.number("fromAt"),
    toAt: query.number("toAt"),
    limit: query.number("limit"),
    before: query.number("before"),
  });
}
