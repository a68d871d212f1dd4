import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ReceivedSpan } from "../../packages/telemetry/src/testing/index.ts";
import { freePort } from "./processes.ts";

const servers = fileURLToPath(new URL("../../packages/telemetry/interop/.tools/servers", import.meta.url));
const python = fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));

/** Whether their tests are left out: `npm run interop:setup -w @kerf/telemetry` makes them. In CI they are not: they fail. */
export const withoutServers = !(existsSync(servers) && existsSync(python)) && process.env["CI"] !== "true";

/** A span as Jaeger has it: one that was there before, and what it says of it. */
export interface JaegerSpan extends ReceivedSpan {
  readonly warnings: readonly string[];
}

export interface Jaeger extends AsyncDisposable {
  /** Where OTLP is received, over HTTP. */
  readonly otlp: string;
  /** The spans of a trace; none where it knows no such trace. */
  trace(traceId: string): Promise<JaegerSpan[]>;
  /** Who called whom, as `"greeter > words"`. */
  dependencies(): Promise<string[]>;
}

/** A real Jaeger that keeps in memory what it is sent. */
export async function jaeger(): Promise<Jaeger> {
  const [http, grpc, api] = await Promise.all([freePort(), freePort(), freePort()]);
  const addresses = [http, grpc, api].map((port) => `127.0.0.1:${port}`);
  const server = await start(servers, ["jaeger", ...addresses], {}, /Starting HTTP server","port"/);
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${api}/api/${path}`);
    return ((await answer.json()) as { data: any }).data;
  };
  return {
    otlp: `http://127.0.0.1:${http}`,
    trace: async (traceId) => ((await ask(`traces/${traceId}`)) ?? []).flatMap(spansOf),
    dependencies: async () =>
      (await ask(`dependencies?endTs=${Date.now()}&lookback=3600000`))
        .map(({ parent, child }: { parent: string; child: string }) => `${parent} > ${child}`)
        .toSorted(),
    [Symbol.asyncDispose]: server.end,
  };
}

export interface Collector extends AsyncDisposable {
  /** Where OTLP is received. */
  readonly http: string;
  readonly grpc: string;
  /** The lines of its log that warn. */
  readonly complaints: readonly string[];
}

/** A real OpenTelemetry Collector that passes on what it is sent, at once. */
export async function collector(to: { traces: readonly string[]; rest: string }): Promise<Collector> {
  const [http, grpc] = await Promise.all([freePort(), freePort()]);
  const exporterOf = (endpoint: string) => `otlphttp/${new URL(endpoint).port}`;
  const exporters = [...to.traces, to.rest].map((endpoint) => [
    exporterOf(endpoint),
    { endpoint, sending_queue: { enabled: false } },
  ]);
  const configuration = {
    receivers: {
      otlp: {
        protocols: { http: { endpoint: `127.0.0.1:${http}` }, grpc: { endpoint: `127.0.0.1:${grpc}` } },
      },
    },
    exporters: Object.fromEntries(exporters),
    service: {
      pipelines: {
        traces: { receivers: ["otlp"], exporters: to.traces.map(exporterOf) },
        metrics: { receivers: ["otlp"], exporters: [exporterOf(to.rest)] },
        logs: { receivers: ["otlp"], exporters: [exporterOf(to.rest)] },
      },
      telemetry: { logs: { encoding: "json" }, metrics: { level: "none" } },
    },
  };
  // JSON is YAML.
  const given = ["collector", JSON.stringify(configuration)];
  const server = await start(servers, given, {}, /Everything is ready/);
  return {
    http: `http://127.0.0.1:${http}`,
    grpc: `http://127.0.0.1:${grpc}`,
    get complaints() {
      return server.lines.filter((line) => /"level":"(?:warn|error|fatal)"/.test(line));
    },
    [Symbol.asyncDispose]: server.end,
  };
}

export interface Oracle extends AsyncDisposable {
  readonly url: string;
}

/** The service in Python: sends its spans to `otlp`, and asks the gRPC server at `address`. */
export async function oracle(otlp: string, address: string): Promise<Oracle> {
  const file = fileURLToPath(new URL("oracle.py", import.meta.url));
  const server = await start(python, [file, address], { OTEL_EXPORTER_OTLP_ENDPOINT: otlp }, /^\d+$/);
  return { url: `http://127.0.0.1:${server.ready}`, [Symbol.asyncDispose]: server.end };
}

interface Server {
  /** What it wrote, to both outputs. */
  readonly lines: readonly string[];
  /** What said that it is ready. */
  readonly ready: string;
  end(): Promise<void>;
}

/** Starts a program that runs until it is told to end, and waits for a line that says that it is ready. */
async function start(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  ready: RegExp,
): Promise<Server> {
  const child: ChildProcess = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const lines: string[] = [];
  const line = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!])
      createInterface({ input: stream }).on("line", (text) => {
        lines.push(text);
        if (ready.test(text)) resolve(text);
      });
    ended.then(
      () => reject(new Error(`${program} ended:\n${lines.slice(-20).join("\n")}`)),
      (cause) =>
        reject(
          new Error(`${program} is missing: npm run interop:setup -w @kerf/telemetry makes it`, { cause }),
        ),
    );
  });
  return {
    lines,
    ready: line,
    async end() {
      child.kill("SIGTERM");
      // One that cannot send what it has left would try for minutes.
      const force = setTimeout(() => child.kill("SIGKILL"), 3_000);
      await ended;
      clearTimeout(force);
    },
  };
}

const kinds = ["", "internal", "server", "client", "producer", "consumer"];

/** @see https://www.jaegertracing.io/docs/1.62/apis/, "Internal HTTP JSON" */
function spansOf({ traceID, spans, processes }: any): JaegerSpan[] {
  return spans.map((span: any): JaegerSpan => {
    const attributes = tagsOf(span.tags);
    const { serviceName, tags } = processes[span.processID];
    const references: any[] = span.references;
    const here = references.filter((each) => each.traceID === traceID);
    // A parent that is a link too is only followed.
    const parent = here.find((each) => each.refType === "CHILD_OF") ?? here[0];
    const startedAt = BigInt(span.startTime) * 1_000n;
    return {
      resource: { ...tagsOf(tags), "service.name": serviceName },
      scope: String(attributes["otel.scope.name"]),
      traceId: span.traceID,
      spanId: span.spanID,
      parentSpanId: parent?.spanID ?? "",
      name: span.operationName,
      kind: kinds.indexOf(String(attributes["span.kind"] ?? "")),
      attributes,
      links: references
        .filter((each) => each.refType === "FOLLOWS_FROM")
        .map((each) => ({ traceId: each.traceID, spanId: each.spanID })),
      status: attributes["error"] === true ? 2 : 0,
      start: startedAt,
      end: startedAt + BigInt(span.duration) * 1_000n,
      events: span.logs.map(({ fields }: any) => String(tagsOf(fields)["event"])),
      warnings: span.warnings ?? [],
    };
  });
}

const tagsOf = (tags: any[]): Record<string, unknown> =>
  Object.fromEntries(tags.map(({ key, value }) => [key, value]));
