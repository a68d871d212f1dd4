import type { Actor, AnyCommand, AnyQuery, App, Input, Output } from "kerf";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { afterAll } from "vitest";
import { newTrace } from "../call/trace.ts";
import { freshName, testServer } from "../data/testing.ts";
import { tcpProxy, type TcpProxy } from "../data/tcp-proxy.ts";
import { loadGraph } from "../graph/index.ts";
import { createLog } from "../log/index.ts";
import { openOperations, type Operations } from "../operations/operations.ts";
import type { RunningUnit, UnitOptions } from "./options.ts";
import { settingName } from "../service/settings.ts";
import { openReplayer, type Replayer } from "./replayer.ts";
import { startUnit } from "./unit.ts";

/** A folder of migrations that makes these tables. */
export function tables(sql: string): URL {
  const folder = mkdtempSync(join(tmpdir(), "kerf-migrations-"));
  writeFileSync(join(folder, "0001_tables.sql"), sql);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return pathToFileURL(`${folder}/`);
}

export interface Replica extends RunningUnit {
  /** As `kerf.worker` has it. */
  readonly replica: string;
  /** In front of each service's database, and of the broker's under `"broker"`. */
  readonly proxies: ReadonlyMap<string, TcpProxy>;
  /** As the service itself, or as `from`; as a person at the edge with `edge`. */
  call<M extends AnyQuery | AnyCommand>(
    member: M,
    input: Input<M>,
    options?: {
      readonly id?: string;
      readonly from?: string;
      readonly edge?: Actor;
      readonly timeoutMs?: number;
    },
  ): Promise<Output<M>>;
  /** Asks what became of a command, as the service itself: what a saga does where an outcome is unknown. */
  settle(member: AnyCommand, input: unknown, id: string): Promise<unknown>;
  /** Cuts it off from every database, at once and for good: to the others it is dead, to itself it is not. */
  cutOff(): Promise<void>;
}

/** An app on databases of its own, with several replicas in this process, each behind proxies of its own. */
export interface Arena extends AsyncDisposable {
  start(options?: Partial<UnitOptions>): Promise<Replica>;
  /** What people see and do. Closed with the arena. */
  operations(): Promise<Operations>;
  /** Straight to the database of a service, or of the `"broker"`. */
  sql(service: string): postgres.Sql;
  url(service: string): string;
  /** As `kerf replay` in a process of its own has it. */
  replayer(service: string): Promise<Replayer>;
  /** Takes a database away from everybody, as if its server were down; gives what brings it back. */
  takeAway(service: string): Promise<() => Promise<void>>;
  /** What the units logged at `warn` and above. */
  readonly lines: readonly string[];
}

export async function arena(given: App): Promise<Arena> {
  const name = freshName("a");
  const server = await testServer();
  const graph = await loadGraph({ ...given, name });
  const topology = given.topologies.values().next().value!;
  const stored = [...graph.services.values()].filter((s) => s.definition.needs.database);
  const names = [...stored.map((s) => s.definition.name), "broker"];
  const provisioned = await server.provision(names.map((n) => `${name}_${n}`));
  const urls = new Map(names.map((n) => [n, provisioned.get(`${name}_${n}`)!]));
  const replicas: Replica[] = [];
  const direct = new Map<string, postgres.Sql>();
  const lines: string[] = [];
  const operations: Operations[] = [];

  async function start(options: Partial<UnitOptions> = {}): Promise<Replica> {
    const proxies = new Map<string, TcpProxy>();
    const label = `r${replicas.length}`;
    const settings: Record<string, string> = {
      NODE_ENV: "test",
      KERF_REPLICA: label,
      KERF_UNIT_SECRET: "only-for-tests-where-every-unit-is-ours",
    };
    for (const [service, url] of urls) {
      const { hostname, port } = new URL(url);
      const proxy = await tcpProxy({ host: hostname, port: Number(port) });
      proxies.set(service, proxy);
      settings[service === "broker" ? "KERF_BROKER_DATABASE_URL" : settingName(service, "databaseUrl")] =
        proxy.through(url);
    }
    const unit = await startUnit({
      graph,
      topology,
      unit: topology.units[0]!,
      endpoints: new Map(),
      listen: undefined,
      server,
      log: createLog({
        unit: "test",
        level: "warn",
        destination: { write: (line) => void lines.push(line) },
      }),
      ...options,
      settings: { ...settings, ...options.settings },
      timing: { leaseMs: 1_000, pollMs: 200, drainMs: 2_000, ...options.timing },
    });
    let dead = false;
    const replica: Replica = {
      ...unit,
      replica: label,
      proxies,
      call: async (member, input, { id, from, edge, timeoutMs = 10_000 } = {}) => {
        const call = {
          member,
          input,
          id,
          deadlineAt: Date.now() + timeoutMs,
          actor: edge,
          traceparent: newTrace(),
          signal: new AbortController().signal,
        };
        const reply = edge ? unit.invoke(call) : unit.callAs(from ?? member.id.split("@")[0]!, call);
        return (await reply) as Output<typeof member>;
      },
      settle: (member, input, id) => {
        const call = {
          member,
          input,
          id,
          deadlineAt: Date.now() + 10_000,
          actor: undefined,
          traceparent: newTrace(),
          signal: new AbortController().signal,
          settle: true,
        };
        return unit.callAs(member.id.split("@")[0]!, call);
      },
      drain: async () => {
        if (dead) return;
        dead = true;
        await unit.drain();
        await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
      },
      cutOff: async () => {
        dead = true;
        await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
        unit.drain().catch(() => {});
      },
    };
    replicas.push(replica);
    return replica;
  }

  const silent = createLog({ unit: "replay", level: "silent" });
  const replayers: Replayer[] = [];

  return {
    start,
    lines,
    async operations() {
      const opened = await openOperations({ graph, server, settings: {} });
      operations.push(opened);
      return opened;
    },
    url: (service) => urls.get(service)!,
    async replayer(service) {
      const replayer = await openReplayer({ graph, server, log: silent, settings: {}, service });
      replayers.push(replayer);
      return replayer;
    },
    sql(service) {
      let sql = direct.get(service);
      if (!sql) {
        sql = postgres(urls.get(service)!, { max: 2, fetch_types: false, onnotice: () => {} });
        direct.set(service, sql);
      }
      return sql;
    },
    async takeAway(service) {
      const database = new URL(urls.get(service)!).pathname.slice(1);
      const sql = postgres(server.adminUrl, { max: 1, fetch_types: false });
      const allow = (on: boolean): Promise<unknown> =>
        sql.unsafe(`alter database "${database}" allow_connections ${on}`);
      await allow(false);
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${database}`;
      return async () => {
        await allow(true);
        await sql.end({ timeout: 1 });
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([
        ...replicas.map((replica) => replica.drain()),
        ...replayers.map((replayer) => replayer.close()),
      ]);
      await Promise.all([...direct.values()].map((sql) => sql.end({ timeout: 1 })));
      await server.dropAll(`${name}_`);
    },
  };
}
