import {
  app as declareApp,
  type Actor,
  type AnyCommand,
  type AnyEvent,
  type AnyQuery,
  type App,
  type Input,
  type Output,
  type Received,
  type ServiceDefinition,
  serviceNameOf,
  type Topology,
} from "kerf";
import {
  createLog,
  loadGraph,
  localTransport,
  newTrace,
  startUnit,
  type Broker,
  type Graph,
  type RunningUnit,
  type UnitStatus,
  type UnitTiming,
} from "@kerf/runtime";
import { testServer } from "@kerf/runtime/testing";
import { randomBytes } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { EventLog, type Seen } from "./events.ts";
import { fake } from "./fake.ts";
import { repeating } from "./repeat.ts";

/**
 * How a test runs its services: all in this process; the same with every call through the codec and every message
 * delivered twice; or each unit of `topology` with its own gRPC server and database connections.
 */
export type Mode = "local" | "serialised" | "units";

export interface RigOptions {
  /** The services to run for real; all where absent. */
  readonly run?: readonly string[];
  /** Stand-ins for others; what is neither run nor faked answers UNIMPLEMENTED. */
  readonly fakes?: readonly ServiceDefinition[];
  readonly mode?: Mode;
  /** For `mode: "units"`; "micro" gives every service its own unit and needs no declaration. */
  readonly topology?: string;
  readonly timing?: UnitTiming;
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of the log at this level and above go to standard error. Default "silent"; KERF_TEST_LOG overrides. */
  readonly logLevel?: "silent" | "error" | "warn" | "info" | "debug";
}

export interface TestCallOptions {
  readonly as?: Actor;
  readonly id?: string;
  readonly timeoutMs?: number;
}

/** An application under test. Dispose of it with `await using`. */
export interface Rig extends AsyncDisposable {
  readonly graph: Graph;
  readonly units: readonly RunningUnit[];
  /** Calls any member, as the service itself would. */
  call<M extends AnyQuery | AnyCommand>(
    member: M,
    input: Input<M>,
    options?: TestCallOptions,
  ): Promise<Output<M>>;
  /** Waits for an event whose data has these fields. Default 10 s. */
  seen<E extends AnyEvent>(
    event: E,
    match?: Partial<Received<E>>,
    options?: { readonly withinMs?: number },
  ): Promise<Received<E>>;
  /** All events so far, in the order in which they were heard. */
  events(): readonly Seen[];
  /** Waits until nothing is under way: outboxes, deliveries, retries, sagas and mailboxes are empty. Default 20 s. */
  settled(options?: { readonly withinMs?: number }): Promise<void>;
  status(): Promise<readonly UnitStatus[]>;
  stop(): Promise<void>;
}

/** Starts any subset of an application, on databases of its own. */
export async function rig(app: App, options: RigOptions = {}): Promise<Rig> {
  const server = await testServer();
  const { graph, topology } = await arrange(app, options);
  const mode = options.mode ?? "local";
  const log = createLog({
    unit: "test",
    level: (process.env["KERF_TEST_LOG"] as "info") ?? options.logLevel ?? "silent",
  });
  const contracts = [...graph.services.values()].map((node) => node.definition.contract);
  const listener = "rig";
  const groups = EventLog.groups(contracts, listener);
  const events = new EventLog();
  let broker: Broker | undefined;
  const endpoints = new Map<string, string>();
  if (topology.units.length > 1)
    for (const unit of topology.units) endpoints.set(unit.name, `127.0.0.1:${await freePort()}`);
  const units: RunningUnit[] = [];
  try {
    for (const unit of topology.units) {
      const address = endpoints.get(unit.name);
      units.push(
        await startUnit({
          graph,
          topology,
          unit,
          endpoints,
          listen:
            address === undefined ? undefined : { host: "127.0.0.1", port: Number(address.split(":")[1]) },
          server,
          log,
          settings: { ...options.settings },
          timing: { pollMs: 500, drainMs: 5_000, ...options.timing },
          moreGroups: groups,
          wrapBroker: (given) => {
            broker ??= given;
            return mode === "serialised" ? repeating(given) : given;
          },
          ...(mode === "serialised"
            ? {
                everyCallRemote: true,
                endpoints: new Map([[unit.name, "here:0"]]),
                transport: (dispatch) => localTransport(dispatch, { serialised: true, contracts }),
              }
            : {}),
        }),
      );
    }
    if (broker) await events.listen(broker, groups);
  } catch (error) {
    await stopAll(units);
    throw error;
  }

  const unitOf = (service: string): RunningUnit =>
    units[topology.units.findIndex((u) => u.services.includes(service))] ??
    fail(`the service ${service} is not in this rig: it has ${[...graph.services.keys()].join(", ")}`);
  const status = (): Promise<UnitStatus[]> => Promise.all(units.map((unit) => unit.status()));
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await stopAll(units);
  };
  return {
    graph,
    units,
    call: async (member, input, given = {}) => {
      const service = serviceNameOf(member.id);
      const timeoutMs = given.timeoutMs ?? 10_000;
      const reply = await unitOf(service).callAs(service, {
        member,
        input,
        id: given.id,
        deadlineAt: Date.now() + timeoutMs,
        actor: given.as,
        traceparent: newTrace(),
        signal: AbortSignal.timeout(timeoutMs + 1_000),
      });
      return reply as Output<typeof member>;
    },
    seen: (event, match = {}, { withinMs = 10_000 } = {}) => events.wait(event, match, withinMs),
    events: () => events.seen,
    settled: async ({ withinMs = 20_000 } = {}) => settle(status, withinMs),
    status,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Puts the wanted services and fakes into an app of its own, with databases of its own. */
async function arrange(app: App, options: RigOptions): Promise<{ graph: Graph; topology: Topology }> {
  const run = options.run ?? Object.keys(app.services);
  for (const name of run)
    if (!app.services[name])
      fail(`the app has no service ${name}: it has ${Object.keys(app.services).join(", ")}`);
  const fakes = new Map((options.fakes ?? []).map((f) => [f.name, f]));
  const services: Record<string, () => Promise<{ default: ServiceDefinition }>> = {};
  for (const [name, load] of Object.entries(app.services)) {
    const stand = fakes.get(name);
    if (stand) services[name] = async () => ({ default: stand });
    else if (run.includes(name)) services[name] = load;
    else services[name] = async () => ({ default: fake((await load()).default.contract, {}) });
  }
  const name = `t${Date.now().toString(36)}${randomBytes(3).toString("hex")}`;
  const split = options.mode === "units";
  const wanted = options.topology ?? "micro";
  const listed = app.topologies.get(wanted);
  if (split && !listed && wanted !== "micro")
    fail(`the app has no topology ${wanted}: it has ${[...app.topologies.keys()].join(", ")}`);
  const made = declareApp(name, {
    services,
    topologies: split
      ? {
          test: listed
            ? Object.fromEntries(
                listed.units.map((u) => [
                  u.name,
                  [...u.services, ...(u.gateway ? (["gateway"] as const) : [])],
                ]),
              )
            : "each",
        }
      : { test: { all: "*" } },
  });
  const topology = made.topologies.get("test")!;
  const hosting = { ...topology, units: topology.units.filter((u) => u.services.length > 0) };
  return { graph: await loadGraph(made), topology: hosting };
}

async function settle(status: () => Promise<readonly UnitStatus[]>, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  let quiet = 0;
  let last: readonly UnitStatus[] = [];
  while (quiet < 2) {
    last = await status();
    const busy = last.some((s) => s.outbox + s.undelivered + s.retries + s.sagas + s.mailboxes > 0);
    quiet = busy ? 0 : quiet + 1;
    if (quiet >= 2) return;
    if (Date.now() > until)
      fail(
        `not settled within ${withinMs} ms: ${JSON.stringify(last.filter((s) => s.outbox + s.undelivered + s.retries + s.sagas + s.mailboxes > 0))}`,
      );
    await sleep(quiet === 0 ? 10 : 5);
  }
}

async function stopAll(units: readonly RunningUnit[]): Promise<void> {
  await Promise.all(units.map((unit) => unit.drain()));
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function fail(message: string): never {
  throw new Error(message);
}
