import { DeclarationError, describe, type AnyCommand, type AnyQuery } from "kerf";
import { callTokens, type CallTokens } from "../authority/call-token.ts";
import { dispatcher, type Endpoint } from "../call/dispatch.ts";
import { LeftOut } from "../call/left-out.ts";
import { router, type Router } from "../call/router.ts";
import { armCrashpoint } from "../crashpoint/crashpoint.ts";
import { processClock } from "../clock/process-clock.ts";
import { staticDiscovery } from "../discovery/static.ts";
import { contractsOf, mayCall, type Graph } from "../graph/index.ts";
import { giveUpMs } from "../events/ladder.ts";
import type { ContractLock } from "../proto/index.ts";
import { retention } from "../journal/retention.ts";
import { sagaLimits } from "../sagas/step-policy.ts";
import { endpointsOf } from "../service/endpoints.ts";
import { groupsOf, ServiceHost } from "../service/host.ts";
import type { Storage } from "../service/port.ts";
import { openForeign } from "../foreign/index.ts";
import { grpcTransport } from "../transport/grpc.ts";
import { serveGrpc } from "../transport/grpc-server.ts";
import { findCodec } from "../transport/method-codecs.ts";
import { sizeLimits } from "../transport/size-limit.ts";
import { UnitStreams } from "../stream/unit-streams.ts";
import type { Dispatch, DispatchStream, Transport, TransportServer } from "../transport/transport.ts";
import { callTeller, tracedDispatch, tracedRouter } from "../telemetry/calls.ts";
import { tracedStreams, tracedWatch } from "../telemetry/streams.ts";
import { readings } from "../telemetry/gauges.ts";
import { compileValidator } from "../validate/index.ts";
import { counted } from "../versions/counted.ts";
import { VersionUsage } from "../versions/usage.ts";
import { cached } from "./cached.ts";
import { callByHand } from "./call-by-hand.ts";
import { postgresBacking } from "./databases.ts";
import type { Backing, RunningUnit, ServiceCall, UnitOptions } from "./options.ts";
import { requestOf } from "./edge-request.ts";
import { endsWithin } from "./ends-within.ts";
import { cachingOf } from "./caching.ts";
import { Consumers } from "./consumers.ts";
import { InFlight } from "./in-flight.ts";
import { releasesOf } from "./releases.ts";
import { portOf } from "./port.ts";
import { statusOf } from "./status.ts";
import { Ticker } from "./ticker.ts";

/** How often backlogs are measured: often enough to be seen, seldom enough to cost nothing. */
const measureMs = 30_000;

/**
 * Runs one unit of an application: its databases, its services, its part of events, sagas and schedules.
 * @throws DeclarationError | DatabaseError with what to do about it
 */
export async function startUnit(options: UnitOptions): Promise<RunningUnit> {
  const { graph, topology, unit, log, clock = processClock } = options;
  armCrashpoint(options.settings);
  const definitions = unit.services.map((name) => graph.services.get(name)!.definition);
  const stored = definitions.filter((d) => d.needs.database);
  const inFlight = new InFlight(clock);
  const leftOut = new LeftOut();
  const usage = new VersionUsage();
  const endpoints = new Map<string, Endpoint>();
  const hosts = new Map<string, ServiceHost>();
  const leaseMs = options.timing?.leaseMs ?? 30_000;
  const kept = { ...retention, ...options.timing?.retention };
  const measuring = { measureMs: options.timing?.measureMs ?? measureMs };
  const worker = clock.uuid();
  // The same name after a restart says that the process before is dead: its leases need not run out.
  const replica = options.settings["KERF_REPLICA"] ?? worker;
  let ready = false;
  let ticker: Ticker | undefined;
  let server: TransportServer | undefined;
  let draining: Promise<void> | undefined;
  let unobserve: (() => void) | undefined;

  const authority = (caller: string, contractId: string): boolean => mayCall(graph, caller, contractId);
  const { telemetry } = options;
  const foreign = await openForeign(
    graph,
    unit.services,
    options.settings,
    clock,
    authority,
    telemetry?.baggageLeaves,
  );
  const backing = options.backing ?? (await postgresBacking(options, stored, leaseMs));
  const { broker, urls } = backing;

  const streams = new UnitStreams(clock, authority, options.timing?.streams);
  const dispatchHere = dispatcher(endpoints, authority, clock);
  // Told of where calls of this process leave their caller, and of others where they come in.
  const dispatch = telemetry ? tracedDispatch(dispatchHere, telemetry) : dispatchHere;
  const dispatchStream = telemetry ? tracedStreams(streams.dispatch, telemetry) : streams.dispatch;
  const unitOf = new Map(topology.units.flatMap((u) => u.services.map((s) => [s, u.name] as const)));
  const here = new Set(options.everyCallRemote ? [] : unit.services);
  // Only calls that leave the process need them, and with them a secret.
  const tokensOf = cached((of: UnitOptions) => callTokens(secretOf(of), graph.app.name));
  const transport =
    options.transport?.(dispatch, dispatchStream) ??
    grpcTransport({ contracts: contractsOf(graph), log, tokens: tokensOf(options), ...lockOf(options) });
  const replies = cached((member: AnyQuery | AnyCommand) =>
    compileValidator(member.output, { unknownFields: "drop", enums: "open" }),
  );
  const inputs = cached((member: AnyQuery | AnyCommand) =>
    compileValidator(member.input, { unknownFields: "drop", enums: "exact" }),
  );
  const codecs = cached((all: Graph) => findCodec(contractsOf(all), options.lock));
  const sizes = sizeLimits(() => codecs(graph));
  const untold = router({
    here,
    unitOf: (service) => unitOf.get(service),
    discovery: options.discovery ?? staticDiscovery(options.endpoints),
    dispatch: dispatchHere,
    transport,
    inputValidator: inputs,
    replyValidator: replies,
    clock,
  });
  const told = (near: ReadonlySet<string>) => telemetry && callTeller(telemetry, near, codecs(graph));
  const tellAway = told(new Set());
  const plain = tellAway ? tracedRouter(untold, told(here)!, tellAway) : untold;
  const released = releasesOf(plain, options, clock);
  const routed = released ?? plain;
  const calls = foreign === undefined ? routed : foreign(routed, tellAway);
  streams.connect(
    here,
    calls,
    transport,
    telemetry && ((watch) => tracedWatch(watch, telemetry, here, codecs(graph))),
  );
  const caching = cachingOf(options, definitions, clock);

  try {
    const groups = [...graph.services.values()].flatMap((node) => groupsOf(node.definition));
    await Promise.all([backing.prepare(), broker?.register([...groups, ...(options.moreGroups ?? [])])]);
    for (const definition of definitions) {
      const storage: Storage | undefined = definition.needs.database && backing.storage(definition.name);
      const port = portOf({
        options,
        definition,
        clock,
        storage,
        calls,
        sizes,
        streams: streams.portOf(definition, broker),
        leftOut,
        worker,
        urls,
        host: () => hosts.get(definition.name),
        caching,
      });
      const current = describe(definition.contract).id;
      for (const [id, endpoint] of endpointsOf(port)) endpoints.set(id, counted(endpoint, current, usage));
      streams.add(port);
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
          retention: kept,
          ...measuring,
          groups: groupsOf(definition),
          due: (service, inMs) => ticker?.hurry(service, inMs),
        }),
      );
    }
    await caching?.start(broker);
    server = options.listen && (await listen(options, dispatch, dispatchStream, tokensOf(options)));
    await Promise.all([...hosts.values()].map((host) => host.start()));
    const consumers =
      broker && new Consumers({ broker, definitions, log, clock, keptMs: kept.handledMs, ...measuring });
    const ticking = new Ticker([...hosts.values()], options.timing?.pollMs ?? 5_000, leaseMs, clock, () => {
      consumers?.look();
      caching?.poll();
    });
    ticking.start();
    unobserve = telemetry?.observe(() =>
      readings({
        backlogs: [...hosts].flatMap(([name, { measured }]) => (measured ? [[name, measured]] : [])),
        behind: consumers?.measured ?? [],
        connections: backing.stats?.() ?? {},
      }),
    );
    ticker = ticking;
    ready = true;
    return {
      name: unit.name,
      address: server?.address,
      invoke: (call) => enter(call, undefined),
      callAs: (service, call) => enter(call, service),
      callByHand: (call) =>
        callByHand(call, {
          graph,
          telemetry,
          // Of this build: what would go to another does not go by hand.
          call: (member, request) => inFlight.during(() => plain.call(member, request, undefined)),
        }),
      watch: (call) => streams.enter(call),
      watchAs: (service, call) => streams.enter(call, service),
      ready: () => ready && !draining,
      status: async () => ({
        ...(await statusOf(unit, [...hosts.values()], broker, ready && !draining)),
        leftOut: leftOut.total,
        streams: streams.count,
        ...(caching && { cache: caching.status() }),
        ...(usage.any && { versions: usage.read() }),
        ...(released && { releases: released.releases() }),
      }),
      drain: (graceMs) => (draining ??= drain(ticking, graceMs)),
    };
  } catch (error) {
    // What has begun gives its leases back: the next try need not wait for them.
    await drain(undefined).catch(() => {});
    throw error;
  }

  function enter(call: ServiceCall, service: string | undefined): Promise<unknown> {
    return inFlight.during(() => calls.call(call.member, requestOf(call, service), call.signal));
  }

  async function drain(ticking: Ticker | undefined, given?: number): Promise<void> {
    const graceMs = given ?? options.timing?.drainMs ?? 30_000;
    if (await endsWithin(clock, graceMs, drainInOrder(ticking, graceMs))) return;
    log.warn(
      { graceMs },
      "could not end in time; what was in flight is cut, and leases run out by themselves",
    );
    // Whatever still waits for a connection is told that there will be none.
    close(calls, transport, backing).catch(() => {});
  }

  async function drainInOrder(ticking: Ticker | undefined, graceMs: number): Promise<void> {
    // A call that hangs must not take the time to give leases back.
    const callsMs = graceMs - Math.min(2_000, graceMs / 4);
    unobserve?.();
    streams.drain();
    await Promise.all([server?.drain(callsMs), inFlight.drain(callsMs)]);
    await caching?.close();
    await ticking?.stop();
    await Promise.all([...hosts.values()].map((host) => host.drain()));
    await close(calls, transport, backing);
  }
}

async function close(calls: Router, transport: Transport, backing: Backing): Promise<void> {
  calls.close();
  await transport.close();
  await backing.close();
}

async function listen(
  options: UnitOptions,
  dispatch: Dispatch,
  dispatchStream: DispatchStream,
  tokens: CallTokens,
): Promise<TransportServer> {
  const own = options.unit.services.flatMap((name) => [...options.graph.services.get(name)!.served.values()]);
  return serveGrpc({
    ...options.listen!,
    contracts: own,
    dispatch,
    dispatchStream,
    log: options.log,
    tokens,
    ...lockOf(options),
  });
}

/** By which the units of an application believe each other, until they have certificates. */
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
