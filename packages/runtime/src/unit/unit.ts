import {
  describe,
  serviceNameOf,
  sagaFacts,
  type Actor,
  type AnyCommand,
  type AnyEvent,
  type AnyQuery,
  type AnySaga,
  type Topology,
  type Unit,
} from "kerf";
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Broker, Group } from "../broker/broker.ts";
import { postgresBroker } from "../broker/postgres.ts";
import { dispatcher, type Endpoint } from "../call/dispatch.ts";
import { router, type Router } from "../call/router.ts";
import { connections, type Connections } from "../data/connections.ts";
import { migrate, migrateList } from "../data/migrate.ts";
import type { DatabaseServer } from "../data/server.ts";
import type { Discovery } from "../discovery/discovery.ts";
import { staticDiscovery } from "../discovery/static.ts";
import { mayCall, type Graph } from "../graph/index.ts";
import { postgresJournal } from "../journal/postgres.ts";
import { journalMigrations } from "../journal/schema.ts";
import type { ContractLock } from "../proto/index.ts";
import { sagaLimits, type SagaLimits } from "../sagas/step-policy.ts";
import { endpointsOf } from "../service/endpoints.ts";
import { groupsOf, ServiceHost } from "../service/host.ts";
import type { ServicePort, Storage } from "../service/port.ts";
import { databaseSettings, readSettings } from "../service/settings.ts";
import { grpcTransport } from "../transport/grpc.ts";
import { serveGrpc } from "../transport/grpc-server.ts";
import type { CallRequest, Dispatch, Transport, TransportServer } from "../transport/transport.ts";
import { compileValidator, type Validator } from "../validate/index.ts";
import { Ticker } from "./ticker.ts";

export interface UnitOptions {
  readonly graph: Graph;
  readonly topology: Topology;
  readonly unit: Unit;
  /** Unit name to the gRPC `"host:port"` of the others. */
  readonly endpoints: ReadonlyMap<string, string>;
  /** Where to answer the others; undefined where nobody else needs this unit. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  readonly server: DatabaseServer;
  readonly log: Logger;
  /** The environment. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly timing?: UnitTiming;
  /** The field numbers of `contracts.lock.json`: the same in every unit. */
  readonly lock?: ContractLock;
  /** Replaces the discovery by `endpoints`. */
  readonly discovery?: Discovery;
  /** Replaces the transport to other units; tests force serialisation with it. */
  readonly transport?: (dispatch: Dispatch) => Transport;
  /** Sends calls within this unit over the transport too. */
  readonly everyCallRemote?: boolean;
  /** Wraps the broker; tests repeat deliveries and listen with it. */
  readonly wrapBroker?: (broker: Broker) => Broker;
  /** Groups beside those of the app's services; tests listen with them. */
  readonly moreGroups?: readonly Group[];
}

export interface UnitTiming {
  readonly leaseMs?: number;
  readonly pollMs?: number;
  readonly drainMs?: number;
  readonly sagas?: Partial<SagaLimits>;
}

/** What is unfinished in a unit. All zero: it is at rest. */
export interface UnitStatus {
  readonly unit: string;
  readonly services: readonly string[];
  readonly ready: boolean;
  readonly outbox: number;
  readonly undelivered: number;
  readonly retries: number;
  readonly deadLetters: number;
  readonly sagas: number;
  readonly parkedSagas: number;
  readonly mailboxes: number;
}

/** A call from the edge. */
export interface EdgeCall {
  readonly member: AnyQuery | AnyCommand;
  readonly input: unknown;
  readonly id: string | undefined;
  readonly deadlineAt: number;
  readonly actor: Actor | undefined;
  readonly traceparent: string;
  readonly signal: AbortSignal;
}

export interface RunningUnit {
  readonly name: string;
  readonly address: string | undefined;
  /** A call from the edge. @throws DeclaredError | StatusError */
  invoke(call: EdgeCall): Promise<unknown>;
  /** A call as one of the app's services. @throws DeclaredError | StatusError */
  callAs(service: string, call: EdgeCall): Promise<unknown>;
  ready(): boolean;
  status(): Promise<UnitStatus>;
  /** Stops accepting, finishes or hands back what is in flight, gives leases back, closes connections. */
  drain(): Promise<void>;
}

/**
 * Runs one unit of an application: its databases, its services, its part of events, sagas and schedules.
 * @throws DeclarationError | DatabaseError with what to do about it
 */
export async function startUnit(options: UnitOptions): Promise<RunningUnit> {
  const { graph, topology, unit, log } = options;
  const definitions = unit.services.map((name) => graph.services.get(name)!.definition);
  const stored = definitions.filter((d) => d.needs.database);
  const pool = connections();
  const endpoints = new Map<string, Endpoint>();
  const hosts = new Map<string, ServiceHost>();
  const leaseMs = options.timing?.leaseMs ?? 30_000;
  const worker = randomUUID();
  // The same name after a restart says that the process before is dead: its leases need not run out.
  const replica = options.settings["KERF_REPLICA"] ?? worker;
  let ready = false;
  let ticker: Ticker | undefined;
  let draining = false;

  const urls = await provision(
    options,
    stored.map((d) => d.name),
  );
  const brokerUrl = urls.get("broker");
  const broker = brokerUrl === undefined ? undefined : await openBroker(options, brokerUrl, leaseMs);

  const authority = (caller: string, contractId: string): boolean => mayCall(graph, caller, contractId);
  const dispatch = dispatcher(endpoints, authority);
  const unitOf = new Map(topology.units.flatMap((u) => u.services.map((s) => [s, u.name] as const)));
  const here = new Set(options.everyCallRemote ? [] : unit.services);
  const transport =
    options.transport?.(dispatch) ??
    grpcTransport({ contracts: contractsOf(graph), log, ...lockOf(options) });
  const replies = cached((member: AnyQuery | AnyCommand) =>
    compileValidator(member.output, { unknownFields: "drop", enums: "open" }),
  );
  const inputs = cached((member: AnyQuery | AnyCommand) =>
    compileValidator(member.input, { unknownFields: "drop", enums: "exact" }),
  );
  const calls = router({
    here,
    unitOf: (service) => unitOf.get(service),
    discovery: options.discovery ?? staticDiscovery(options.endpoints),
    dispatch,
    transport,
    inputValidator: inputs,
    replyValidator: replies,
  });

  try {
    await Promise.all(
      stored.map((d) => prepareDatabase(d.name, urls.get(d.name)!, d.needs.database!.migrations, log)),
    );
    if (broker)
      await broker.register([...graph.services.values()].flatMap((node) => groupsOf(node.definition)));
    for (const definition of definitions) {
      const storage: Storage | undefined = definition.needs.database && {
        database: pool.database(urls.get(definition.name)!, { name: `kerf ${definition.name}` }),
        journal: postgresJournal,
      };
      const port = portOf({
        options,
        definition,
        storage,
        calls,
        worker,
        urls,
        host: () => hosts.get(definition.name),
      });
      for (const [id, endpoint] of endpointsOf(port)) endpoints.set(id, endpoint);
      if (!storage) continue;
      hosts.set(
        definition.name,
        new ServiceHost({
          port,
          broker: broker!,
          dispatch,
          endpoints,
          worker,
          replica,
          leaseMs,
          limits: { ...sagaLimits, ...options.timing?.sagas },
          groups: groupsOf(definition),
          due: (service, inMs) => ticker?.hurry(service, inMs),
        }),
      );
    }
    const server = options.listen && (await listen(options, dispatch));
    for (const host of hosts.values()) await host.start();
    const ticking = new Ticker([...hosts.values()], options.timing?.pollMs ?? 5_000, leaseMs);
    ticking.start();
    ticker = ticking;
    ready = true;
    return {
      name: unit.name,
      address: server?.address,
      invoke: (call) => calls.call(call.member, requestOf(call, undefined), call.signal),
      callAs: (service, call) => calls.call(call.member, requestOf(call, service), call.signal),
      ready: () => ready && !draining,
      status: () => statusOf(unit, [...hosts.values()], broker, ready && !draining),
      drain: async () => {
        if (draining) return;
        draining = true;
        await server?.drain(options.timing?.drainMs ?? 30_000);
        await ticking.stop();
        await Promise.all([...hosts.values()].map((host) => host.drain()));
        await close(calls, transport, broker, pool);
      },
    };
  } catch (error) {
    await close(calls, transport, broker, pool).catch(() => {});
    throw error;
  }
}

function requestOf(
  { member, input, signal: _signal, ...rest }: EdgeCall,
  caller: string | undefined,
): CallRequest {
  return {
    member: member.id,
    input,
    header: { ...rest, caller, via: caller === undefined ? "gateway" : "call", retry: false },
  };
}

async function close(
  calls: Router,
  transport: Transport,
  broker: Broker | undefined,
  pool: Connections,
): Promise<void> {
  calls.close();
  await transport.close();
  await broker?.close();
  await pool.close();
}

function contractsOf(graph: Graph) {
  return [...graph.services.values()].map((node) => node.definition.contract);
}

async function listen(options: UnitOptions, dispatch: Dispatch): Promise<TransportServer> {
  const own = options.unit.services.map((name) => options.graph.services.get(name)!.definition.contract);
  return serveGrpc({ ...options.listen!, contracts: own, dispatch, log: options.log, ...lockOf(options) });
}

function lockOf({ lock }: UnitOptions): { readonly lock?: ContractLock } {
  return lock ? { lock } : {};
}

/** Databases of this unit's services, of their settings, and of the broker, by service, `"<service>.<field>"` and `"broker"`. */
async function provision(options: UnitOptions, stored: readonly string[]): Promise<Map<string, string>> {
  const { graph, unit, server, settings } = options;
  if (stored.length === 0) return new Map();
  const app = graph.app.name.replaceAll("-", "_");
  const wanted = new Map<string, string>(stored.map((name) => [name, databaseName(app, name)]));
  for (const name of unit.services) {
    for (const { field, database } of databaseSettings(graph.services.get(name)!.definition.needs)) {
      wanted.set(`${name}.${field}`, databaseName(app, database));
    }
  }
  wanted.set("broker", databaseName(app, "broker"));
  const own = new Map(
    [...wanted.keys()].flatMap((key) => {
      const url =
        settings[
          key === "broker"
            ? "KERF_BROKER_DATABASE_URL"
            : `KERF_${key.replace(/[A-Z]/g, "_$&").toUpperCase()}_DATABASE_URL`
        ];
      return url === undefined ? [] : [[key, url] as const];
    }),
  );
  const rest = [...wanted].filter(([key]) => !own.has(key));
  const made = await server.provision(rest.map(([, name]) => name));
  return new Map([...own, ...rest.map(([key, name]) => [key, made.get(name)!] as const)]);
}

function databaseName(app: string, part: string): string {
  return `${app}_${part.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

async function prepareDatabase(service: string, url: string, migrations: URL, log: Logger): Promise<void> {
  await migrateList(url, { service: "kerf", migrations: journalMigrations, log: (line) => log.debug(line) });
  await migrate(url, { directory: migrations, service, log: (line) => log.info({ service }, line) });
}

async function openBroker(options: UnitOptions, url: string, leaseMs: number): Promise<Broker> {
  const { log } = options;
  const broker = await postgresBroker({
    url,
    leaseMs,
    onProblem: (problem) =>
      log.warn(
        { code: problem.code, service: problem.service, channel: problem.channel, err: problem.cause },
        problem.message,
      ),
  });
  return options.wrapBroker?.(broker) ?? broker;
}

function portOf(parts: {
  readonly options: UnitOptions;
  readonly definition: ServicePort["definition"];
  readonly storage: Storage | undefined;
  readonly calls: Router;
  readonly worker: string;
  readonly urls: ReadonlyMap<string, string>;
  readonly host: () => ServiceHost | undefined;
}): ServicePort {
  const { options, definition, storage, calls } = parts;
  const given = Object.fromEntries(
    databaseSettings(definition.needs).flatMap(({ field }) => {
      const url = parts.urls.get(`${definition.name}.${field}`);
      return url === undefined ? [] : [[field, url]];
    }),
  );
  const log = options.log.child({ service: definition.name });
  const validatorOf = cached((of: AnyEvent | AnyQuery | AnyCommand | AnySaga): Validator => {
    const schema = "kind" in of ? (of.kind === "event" ? of.data : of.input) : sagaFacts(of).input;
    return compileValidator(schema, { unknownFields: "drop", enums: "exact" });
  });
  return {
    definition,
    storage,
    settings: readSettings(definition.name, definition.needs, options.settings, given),
    outbound: (member, input, header, signal) =>
      calls.call(member, { member: member.id, input, header }, signal),
    effects: {
      service: definition.name,
      uses: new Set(
        (definition.needs.uses ?? [])
          .map((c) => describe(c).id)
          .filter((id) => options.graph.services.get(serviceNameOf(id))?.definition.needs.database),
      ),
      sagas: new Set(definition.sagas.map((s) => s.name)),
      worker: parts.worker,
      validator: validatorOf,
    },
    log,
    validatorOf,
    committed: (what) => parts.host()?.committed(what),
    strict: options.settings["NODE_ENV"] !== "production",
  };
}

async function statusOf(
  unit: Unit,
  hosts: readonly ServiceHost[],
  broker: Broker | undefined,
  ready: boolean,
): Promise<UnitStatus> {
  const backlogs = await Promise.all(hosts.map((host) => host.backlog()));
  const undelivered = (await broker?.backlog?.()) ?? [];
  const sum = (pick: (b: (typeof backlogs)[number]) => number): number =>
    backlogs.reduce((total, b) => total + Number(pick(b)), 0);
  return {
    unit: unit.name,
    services: unit.services,
    ready,
    outbox: sum((b) => b.outbox),
    undelivered: undelivered
      .filter((g) => unit.services.includes(g.service))
      .reduce((total, g) => total + g.messages, 0),
    retries: sum((b) => b.retries),
    deadLetters: sum((b) => b.deadLetters),
    sagas: sum((b) => b.sagas),
    parkedSagas: sum((b) => b.parkedSagas),
    mailboxes: sum((b) => b.mail),
  };
}

function cached<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = make(key)));
    return value;
  };
}
