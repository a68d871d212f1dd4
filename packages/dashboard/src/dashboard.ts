import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Server as GrpcServer } from "@kerf/grpc";
import type { Operations } from "@kerf/runtime";
import type { AppView } from "./api/index.ts";
import { unknownApplication } from "./application.ts";
import { receiveByGrpc } from "./otlp/grpc-receiver.ts";
import { receiver } from "./otlp/receiver.ts";
import type { Row } from "./otlp/row.ts";
import type { Parts, Sources } from "./parts.ts";
import { topologyReader } from "./query/topology.ts";
import { Live } from "./server/live.ts";
import { Refusal } from "./server/refusal.ts";
import { serve } from "./server/serve.ts";
import { Store } from "./store/store.ts";

export interface DashboardOptions extends Sources {
  /** On loopback. */
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** For OTLP over gRPC, on a port of its own; 0 takes any that is free. Default: not there. */
  readonly grpcPort?: number | undefined;
  /** What the page must know: at least 32 characters that nobody can guess. */
  readonly token: string;
  /** Where telemetry is kept: a file of SQLite, or `":memory:"`. */
  readonly file: string;
  /** Default 1 GiB and 3 days. */
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
  /** Folder of the built page. Default: that of this package. */
  readonly pages?: string;
  readonly onError: (error: unknown) => void;
}

export interface Dashboard {
  /** For people: with the token. */
  readonly url: string;
  /** For senders: `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  /** For senders by gRPC; undefined where that is not asked for, or its port is taken. */
  readonly grpcEndpoint: string | undefined;
  /** Keeps what a process wrote to its log. */
  take(rows: readonly Row[]): boolean;
  /** What the supervisor does has changed. */
  changed(): void;
  /** Writes what waits, and ends. */
  close(): Promise<void>;
}

/**
 * Receives OTLP over HTTP, keeps it, and serves the page that shows it.
 * @throws Error where the port is taken or the file cannot be opened
 */
export async function openDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { file, maxBytes, maxAgeMs } = options;
  const store: Store = new Store({
    file,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    onWritten: (topics, rows) => live.changed(topics, rows),
    onError: options.onError,
  });
  const live = new Live(store.database);
  const records = once(options.operations);
  const parts = partsOf(options, store, live, records.get, () => otlp);
  let otlp: AppView["otlp"] = { http: "", grpc: null };
  let server;
  try {
    server = await serve({
      host: options.host,
      port: options.port,
      token: options.token,
      parts,
      receive: receiver({ take: (rows) => store.take(rows) }),
      pages: options.pages ?? join(import.meta.dirname, "../dist"),
      onError: options.onError,
    });
  } catch (error) {
    store.close();
    throw error;
  }
  const grpc = await grpcOf(options, store);
  const endpoint = `http://${options.host}:${(server.address() as AddressInfo).port}`;
  otlp = { http: endpoint, grpc: grpc ? `http://${grpc.address}` : null };
  return {
    url: `${endpoint}/#token=${options.token}`,
    endpoint,
    grpcEndpoint: otlp.grpc ?? undefined,
    take: (rows) => store.take(rows),
    changed: () => live.changed(["topology"]),
    async close() {
      live.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      // What a sender is in the middle of, it sends again to the next.
      await Promise.all([closed, grpc?.close({ graceMs: 200 })]);
      store.close();
      await records.close();
    },
  };
}

/** A page without it is better than none: where its port is taken, that is told, and no more. */
async function grpcOf(
  { host, grpcPort, onError }: DashboardOptions,
  store: Store,
): Promise<GrpcServer | undefined> {
  if (grpcPort === undefined) return undefined;
  try {
    return await receiveByGrpc({ host, port: grpcPort, take: (rows) => store.take(rows), onError });
  } catch (error) {
    onError(error);
    return undefined;
  }
}

function partsOf(
  sources: Sources,
  store: Store,
  live: Live,
  operations: (() => Promise<Operations>) | undefined,
  otlp: Parts["otlp"],
): Parts {
  const open = async (): Promise<Operations> => {
    if (!operations) throw new Refusal(501, "the application has no database here");
    try {
      return await operations();
    } catch (error) {
      throw new Refusal(503, `the records cannot be read: ${(error as Error).message}`);
    }
  };
  const operationsOf: Parts["operationsOf"] = async (service) => {
    const one = (await open()).services.get(service);
    if (!one) throw new Refusal(404, "no service of this name has records here");
    return one;
  };
  return {
    ...sources,
    store,
    database: store.database,
    live,
    otlp,
    readTopology: sources.control && topologyReader(sources.topology, sources.control),
    application: () => sources.application().catch(() => unknownApplication(sources.app, sources.topology)),
    hasOperations: operations !== undefined,
    operations: open,
    operationsOf,
    async publish(event, by) {
      if (!sources.state) throw new Refusal(501, "the declarations of events are not known here");
      const stated = await sources.state(event);
      if ("refused" in stated) throw new Refusal(400, stated.refused, stated.violations);
      return (await operationsOf(stated.service)).publish(stated, by);
    },
  };
}

/** Opens once, and again where it failed, or some services had not run yet. */
function once(openOne: (() => Promise<Operations>) | undefined): {
  readonly get: (() => Promise<Operations>) | undefined;
  close(): Promise<void>;
} {
  let opened: Promise<Operations> | undefined;
  let lookedAt = 0;
  const close = async (): Promise<void> => {
    const last = opened;
    opened = undefined;
    await (await last?.catch(() => undefined))?.[Symbol.asyncDispose]();
  };
  if (!openOne) return { get: undefined, close };
  return {
    async get() {
      const known = await opened?.catch(() => undefined);
      const again = known === undefined || (known.missing.length > 0 && Date.now() - lookedAt > 5_000);
      if (!again) return known;
      lookedAt = Date.now();
      const before = opened;
      opened = openOne();
      void before?.then((one) => one[Symbol.asyncDispose]()).catch(() => {});
      return await opened;
    },
    close,
  };
}
