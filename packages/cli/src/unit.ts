import { setTimeout as sleep } from "node:timers/promises";
import type { Gateway } from "@kerf/gateway";
import type { Purger } from "@kerf/gateway/purge";
import {
  contractsOf,
  openServer,
  startUnit,
  type DatabaseServer,
  type Graph,
  type RunningUnit,
} from "@kerf/runtime";
import type { Logger } from "@kerf/runtime/log";
import type { ContractLock } from "@kerf/runtime/proto";
import { openRedis, type Redis } from "@kerf/runtime/redis";
import type { LogLines, OpenTelemetry } from "@kerf/telemetry";
import type { Topology, Unit } from "kerf";
import { openCdn } from "./cdn.ts";
import { discoveryOf } from "./discovery.ts";
import { openEdge, type EdgeParts } from "./edge.ts";
import { exampleOf } from "./example.ts";
import { serveHealth, type HealthServer } from "./health.ts";
import { telemetryOf } from "./telemetry.ts";
import { readSettings, retentionOf, type Environment } from "./settings.ts";

/** How long a unit that started may take to end where what comes after it does not start. */
const START_FAILED_GRACE_MS = 5_000;

export interface RunUnitOptions {
  readonly graph: Graph;
  readonly topology: Topology;
  readonly unit: Unit;
  readonly environment: Environment;
  /** Of the embedded PostgreSQL, where the environment names no other. */
  readonly dataDir: string;
  /** The field numbers of `contracts.lock.json`. */
  readonly lock: ContractLock;
  readonly log: Logger;
  /** What the log copies its lines to, where they are exported. */
  readonly lines?: LogLines | undefined;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
  /** Opens its gateway, where that is not to listen by itself. */
  readonly edge?: (parts: EdgeParts) => Promise<OpenEdge>;
}

type OpenEdge = Pick<Gateway, "drain" | "versions"> & { readonly url?: string };

/** A unit with its edge, if it holds that, and its health. */
export interface RunningProcess {
  readonly address: string | undefined;
  /** URL of the gateway. */
  readonly gateway: string | undefined;
  /** A path of the gateway that anybody may GET. */
  readonly example: string | undefined;
  /** URL of `/livez`, `/readyz` and `/status`. */
  readonly health: string;
  readonly callByHand: RunningUnit["callByHand"];
  /** Is no longer ready and finishes what is in flight, within `graceMs`; its health can still be asked. */
  retire(graceMs: number): Promise<void>;
  /** Is no longer ready, finishes what is in flight, and lets go of everything: all within `graceMs`. */
  drain(graceMs: number): Promise<void>;
}

/**
 * Composes one process of an application: database server, unit, gateway and health.
 * @throws Failure | DeclarationError | DatabaseError | ListenError … with what to do; nothing stays open then
 */
export async function runUnit(options: RunUnitOptions): Promise<RunningProcess> {
  const { graph, topology, unit, log, environment } = options;
  const settings = readSettings(environment, topology, unit);
  const discovery = discoveryOf(settings);
  const retention = retentionOf(environment);
  const opened: Opened = {};
  const ready = Promise.withResolvers<void>();
  try {
    opened.telemetry = await telemetryOf({ ...options, ready: ready.promise });
    const telemetry = opened.telemetry?.telemetry;
    opened.health = await serveHealth({
      metrics: opened.telemetry?.metrics,
      ...settings.health,
      ready: () => opened.unit?.ready() ?? false,
      status: async () =>
        opened.unit && { ...(await opened.unit.status()), edge: opened.gateway?.versions() },
    });
    opened.server = await openServer({
      ...(settings.databaseUrl ? { url: settings.databaseUrl } : { dataDir: options.dataDir }),
      log: (line) => log.info(line),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    if (settings.redisUrl) opened.redis = await openRedis({ url: settings.redisUrl, log });
    const cdn = await openCdn(graph.app.gateway.cdn, environment, log);
    if (cdn) opened.cdn = cdn;
    opened.unit = await startUnit({
      graph,
      topology,
      unit,
      endpoints: settings.endpoints,
      ...(discovery ? { discovery } : {}),
      listen: settings.listen,
      server: opened.server,
      log,
      lock: options.lock,
      settings: environment,
      redis: opened.redis,
      telemetry,
      invalidated: cdn && ((tags) => cdn.purge(tags)),
      timing: {
        ...(settings.leaseMs === undefined ? {} : { leaseMs: settings.leaseMs }),
        ...(retention ? { retention } : {}),
      },
    });
    if (unit.gateway)
      opened.gateway = await (options.edge ?? openEdge)({
        graph,
        log,
        settings,
        running: opened.unit,
        redis: opened.redis,
        telemetry,
      });
    ready.resolve();
  } catch (error) {
    await close(opened, START_FAILED_GRACE_MS).catch(() => {});
    throw error;
  }
  return {
    address: opened.unit.address,
    gateway: opened.gateway?.url,
    example: unit.gateway ? exampleOf(contractsOf(graph)) : undefined,
    health: opened.health.url,
    callByHand: opened.unit.callByHand,
    retire: (graceMs) => retire(opened, graceMs),
    async drain(graceMs) {
      const late = new AbortController();
      const time = sleep(graceMs, undefined, { signal: late.signal }).catch(() => {});
      await Promise.race([close(opened, graceMs), time]);
      late.abort();
    },
  };
}

interface Opened {
  telemetry?: OpenTelemetry | undefined;
  health?: HealthServer;
  server?: DatabaseServer;
  redis?: Redis;
  cdn?: Purger;
  unit?: RunningUnit;
  gateway?: OpenEdge;
  retired?: Promise<void>;
}

/** Once: whoever asks again waits for the same. */
function retire(opened: Opened, graceMs: number): Promise<void> {
  return (opened.retired ??= finish(opened, graceMs));
}

async function finish({ unit, gateway }: Opened, graceMs: number): Promise<void> {
  const endsAt = performance.now() + graceMs;
  // A request that hangs must not take the time that the unit needs to give its leases back.
  await gateway?.drain(graceMs - Math.min(4_000, graceMs / 2));
  await unit?.drain(Math.max(0, endsAt - performance.now()));
}

/** From the outside in: what is accepted last must be able to finish with all that it needs. */
async function close(opened: Opened, graceMs: number): Promise<void> {
  const { telemetry, health, server, redis, cdn } = opened;
  const endsAt = performance.now() + graceMs;
  await retire(opened, graceMs);
  await cdn?.close(Math.max(0, Math.min(2_000, endsAt - performance.now())));
  await redis?.close();
  await server?.close();
  const late = new AbortController();
  const time = sleep(Math.max(0, Math.min(2_000, endsAt - performance.now())), undefined, {
    signal: late.signal,
  });
  await Promise.race([telemetry?.close(), time.catch(() => {})]);
  late.abort();
  await health?.close();
}
