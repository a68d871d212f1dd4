import { DeclarationError, type AnyCommand, type AnyQuery } from "kerf";
import { randomUUID } from "node:crypto";
import type { Broker } from "../broker/broker.ts";
import { dispatcher, type Endpoint } from "../call/dispatch.ts";
import { router, type Router } from "../call/router.ts";
import { armCrashpoint } from "../crashpoint/crashpoint.ts";
import { connections, type Connections } from "../data/connections.ts";
import { staticDiscovery } from "../discovery/static.ts";
import { mayCall, type Graph } from "../graph/index.ts";
import { giveUpMs } from "../events/ladder.ts";
import { postgresJournal } from "../journal/postgres.ts";
import type { ContractLock } from "../proto/index.ts";
import { sagaLimits } from "../sagas/step-policy.ts";
import { endpointsOf } from "../service/endpoints.ts";
import { groupsOf, ServiceHost } from "../service/host.ts";
import type { Storage } from "../service/port.ts";
import { grpcTransport } from "../transport/grpc.ts";
import { serveGrpc } from "../transport/grpc-server.ts";
import type { CallRequest, Dispatch, Transport, TransportServer } from "../transport/transport.ts";
import { compileValidator } from "../validate/index.ts";
import { cached } from "./cached.ts";
import { openBroker, prepareDatabase, provision } from "./databases.ts";
import type { EdgeCall, RunningUnit, UnitOptions } from "./options.ts";
import { endsWithin } from "./ends-within.ts";
import { InFlight } from "./in-flight.ts";
import { portOf } from "./port.ts";
import { statusOf } from "./status.ts";
import { Ticker } from "./ticker.ts";

/**
 * Runs one unit of an application: its databases, its services, its part of events, sagas and schedules.
 * @throws DeclarationError | DatabaseError with what to do about it
 */
export async function startUnit(options: UnitOptions): Promise<RunningUnit> {
  const { graph, topology, unit, log } = options;
  armCrashpoint(options.settings);
  const definitions = unit.services.map((name) => graph.services.get(name)!.definition);
  const stored = definitions.filter((d) => d.needs.database);
  const pool = connections();
  const inFlight = new InFlight();
  const endpoints = new Map<string, Endpoint>();
  const hosts = new Map<string, ServiceHost>();
  const leaseMs = options.timing?.leaseMs ?? 30_000;
  const worker = randomUUID();
  // The same name after a restart says that the process before is dead: its leases need not run out.
  const replica = options.settings["KERF_REPLICA"] ?? worker;
  let ready = false;
  let ticker: Ticker | undefined;
  let server: TransportServer | undefined;
  let draining: Promise<void> | undefined;

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
    grpcTransport({ contracts: contractsOf(graph), log, secret: secretOf(options), ...lockOf(options) });
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
    const groups = [...graph.services.values()].flatMap((node) => groupsOf(node.definition));
    await Promise.all([
      ...stored.map((d) => prepareDatabase(d.name, urls.get(d.name)!, d.needs.database!.migrations, log)),
      broker?.register([...groups, ...(options.moreGroups ?? [])]),
    ]);
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
          giveUpMs: options.timing?.giveUpMs ?? giveUpMs,
          groups: groupsOf(definition),
          due: (service, inMs) => ticker?.hurry(service, inMs),
        }),
      );
    }
    server = options.listen && (await listen(options, dispatch));
    await Promise.all([...hosts.values()].map((host) => host.start()));
    const ticking = new Ticker([...hosts.values()], options.timing?.pollMs ?? 5_000, leaseMs);
    ticking.start();
    ticker = ticking;
    ready = true;
    return {
      name: unit.name,
      address: server?.address,
      invoke: (call) => enter(call, undefined),
      callAs: (service, call) => enter(call, service),
      ready: () => ready && !draining,
      status: () => statusOf(unit, [...hosts.values()], broker, ready && !draining),
      drain: (graceMs) => (draining ??= drain(ticking, graceMs)),
    };
  } catch (error) {
    // What has begun gives its leases back: the next try need not wait for them.
    await drain(undefined).catch(() => {});
    throw error;
  }

  function enter(call: EdgeCall, service: string | undefined): Promise<unknown> {
    return inFlight.during(() => calls.call(call.member, requestOf(call, service), call.signal));
  }

  async function drain(ticking: Ticker | undefined, given?: number): Promise<void> {
    const graceMs = given ?? options.timing?.drainMs ?? 30_000;
    if (await endsWithin(graceMs, drainInOrder(ticking, graceMs))) return;
    log.warn(
      { graceMs },
      "could not end in time; what was in flight is cut, and leases run out by themselves",
    );
    // Whatever still waits for a connection is told that there will be none.
    close(calls, transport, broker, pool).catch(() => {});
  }

  async function drainInOrder(ticking: Ticker | undefined, graceMs: number): Promise<void> {
    // A call that hangs must not take the time to give leases back.
    const callsMs = graceMs - Math.min(2_000, graceMs / 4);
    await Promise.all([server?.drain(callsMs), inFlight.drain(callsMs)]);
    await ticking?.stop();
    await Promise.all([...hosts.values()].map((host) => host.drain()));
    await close(calls, transport, broker, pool);
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
  return serveGrpc({
    ...options.listen!,
    contracts: own,
    dispatch,
    log: options.log,
    secret: secretOf(options),
    ...lockOf(options),
  });
}

/** How the units of an application know each other, until they have certificates. */
function secretOf({ settings, topology }: UnitOptions): string {
  const secret = settings["KERF_UNIT_SECRET"] ?? "";
  if (topology.units.length > 1 && !/^[!-~]{32,200}$/.test(secret)) {
    const problem = secret === "" ? "is not set" : "is not 32 to 200 printable ASCII characters";
    throw new DeclarationError(
      "KERF_UNIT_SECRET",
      problem,
      "give all units of the application the same random text, such as `openssl rand -hex 32` makes: by it they know each other",
    );
  }
  return secret;
}

function lockOf({ lock }: UnitOptions): { readonly lock?: ContractLock } {
  return lock ? { lock } : {};
}
