import {
  serviceNameOf,
  type Actor,
  type AnyCommand,
  type AnyEvent,
  type AnyQuery,
  type App,
  type Input,
  type Output,
  type Received,
  type ServiceDefinition,
  type Topology,
} from "kerf";
import {
  createLog,
  localTransport,
  newTrace,
  postgresBroker,
  startUnit,
  type Broker,
  type Graph,
  type LogLevel,
  type RunningUnit,
  type UnitStatus,
  type UnitTiming,
} from "@kerf/runtime";
import { freshName, testServer, type TestServer } from "@kerf/runtime/testing";
import { randomBytes } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import { arrange } from "./arrange.ts";
import { EventLog, type Seen } from "./events.ts";
import { startProcess, type UnitProcess } from "./processes.ts";
import { repeating } from "./repeat.ts";
import { settle } from "./settle.ts";

/**
 * How a test runs its services: all in this process; the same with every call through the codec and every message
 * delivered twice; each unit with a gRPC server of its own, in this process; or each unit as a real process.
 */
export type Mode = "local" | "serialised" | "units" | "processes";

export interface RigOptions {
  /** The services to run for real; all where absent. */
  readonly run?: readonly string[];
  /** Stand-ins for others; what is neither run nor faked answers UNIMPLEMENTED. Not for "processes". */
  readonly fakes?: readonly ServiceDefinition[];
  readonly mode?: Mode;
  /** For "units" and "processes". Default "micro": every service in a unit of its own. */
  readonly topology?: string;
  /** For "processes": the module whose default export is the app. */
  readonly config?: URL;
  readonly timing?: UnitTiming;
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of the log at this level and above go to standard output. Default "silent"; KERF_TEST_LOG overrides. */
  readonly logLevel?: LogLevel;
}

export interface TestCallOptions {
  readonly as?: Actor;
  readonly id?: string;
  readonly timeoutMs?: number;
}

/** An application under test. Dispose of it with `await using`. */
export interface Rig extends AsyncDisposable {
  readonly graph: Graph;
  /** The processes, in the mode of that name. */
  readonly processes: ReadonlyMap<string, UnitProcess>;
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
  /** Starts the process of a unit again after it was killed. */
  restart(unit: string): Promise<void>;
  stop(): Promise<void>;
}

const listener = "rig";

/** Starts any subset of an application, on databases of its own. */
export async function rig(app: App, options: RigOptions = {}): Promise<Rig> {
  const mode = options.mode ?? "local";
  if (mode === "processes" && options.fakes)
    throw new Error('fakes are functions of this process: they cannot be used with mode "processes"');
  if (mode === "processes" && !options.config)
    throw new Error('mode "processes" needs config: the URL of the module whose default export is the app');
  const split = mode === "units" || mode === "processes";
  const name = freshName("t").replaceAll("_", "-");
  const wanted = {
    name,
    run: options.run,
    fakes: options.fakes,
    topology: split ? (options.topology ?? "micro") : undefined,
  };
  const [server, { graph, topology }] = await Promise.all([testServer(), arrange(app, wanted)]);
  const endpoints = new Map<string, string>();
  if (split) for (const unit of topology.units) endpoints.set(unit.name, `127.0.0.1:${await freePort()}`);
  const events = new EventLog();
  const parts: Parts = {
    options,
    mode,
    name,
    graph,
    topology,
    endpoints,
    server,
    events,
    timing: { pollMs: 500, drainMs: 5_000, ...options.timing },
    secret: randomBytes(32).toString("hex"),
    logLevel: (process.env["KERF_TEST_LOG"] as LogLevel | undefined) ?? options.logLevel ?? "silent",
  };
  return mode === "processes" ? inProcesses(parts) : inThisProcess(parts);
}

interface Parts {
  readonly options: RigOptions;
  readonly mode: Mode;
  readonly name: string;
  readonly graph: Graph;
  readonly topology: Topology;
  readonly endpoints: ReadonlyMap<string, string>;
  readonly server: TestServer;
  readonly events: EventLog;
  readonly timing: UnitTiming;
  readonly logLevel: LogLevel;
  /** By which the units know each other. */
  readonly secret: string;
}

async function inThisProcess(parts: Parts): Promise<Rig> {
  const { graph, topology, mode, endpoints } = parts;
  const groups = groupsOf(graph);
  const contracts = contractsOf(graph);
  const units: RunningUnit[] = [];
  let broker: Broker | undefined;
  const stop = async (): Promise<void> =>
    void (await Promise.all(units.splice(0).map((unit) => unit.drain())));
  try {
    for (const unit of topology.units) {
      units.push(
        await startUnit({
          ...common(parts),
          unit,
          listen: listenAt(endpoints.get(unit.name)),
          moreGroups: groups,
          wrapBroker: (given) => {
            broker ??= given;
            return mode === "serialised" ? repeating(given) : given;
          },
          ...(mode === "serialised" && {
            everyCallRemote: true,
            endpoints: new Map([[unit.name, "here:0"]]),
            transport: (dispatch) => localTransport(dispatch, { serialised: true, contracts }),
          }),
        }),
      );
    }
    if (broker) await parts.events.listen(broker, groups);
  } catch (error) {
    await stop();
    throw error;
  }
  const started = [...units];
  return {
    ...faceOf(
      parts,
      (service) => started[topology.units.findIndex((unit) => unit.services.includes(service))],
      () => Promise.all(started.map((u) => u.status())),
      stop,
    ),
    processes: new Map(),
    restart: async () => {
      throw new Error('only a rig in the mode "processes" can restart a unit');
    },
  };
}

async function inProcesses(parts: Parts): Promise<Rig> {
  const { graph, topology, options } = parts;
  const processes = new Map<string, UnitProcess>();
  const start = async (unit: string): Promise<void> => {
    processes.set(
      unit,
      await startProcess({
        config: options.config!.href,
        name: parts.name,
        run: options.run,
        topology: options.topology ?? "micro",
        unit,
        endpoints: [...parts.endpoints],
        adminUrl: parts.server.adminUrl,
        settings: { KERF_UNIT_SECRET: parts.secret, KERF_REPLICA: unit, ...options.settings },
        timing: parts.timing,
        listener,
        logLevel: parts.logLevel,
      }),
    );
  };
  await Promise.all(topology.units.map((unit) => start(unit.name)));
  // This process hosts nothing: it only calls.
  const outside = await startUnit({
    ...common(parts),
    unit: { name: "outside", services: [], gateway: false },
    listen: undefined,
  });
  const brokerName = `${parts.name.replaceAll("-", "_")}_broker`;
  const url = (await parts.server.provision([brokerName])).get(brokerName)!;
  const broker = await postgresBroker({ url });
  await parts.events.listen(broker, groupsOf(graph));
  const stop = async (): Promise<void> => {
    await Promise.all([...processes.values()].map((unit) => unit.drain()));
    processes.clear();
    await outside.drain();
    await broker.close();
  };
  return {
    ...faceOf(
      parts,
      () => outside,
      () => Promise.all([...processes.values()].map((unit) => unit.status())),
      stop,
    ),
    processes,
    restart: start,
  };
}

function faceOf(
  parts: Parts,
  unitOf: (service: string) => RunningUnit | undefined,
  status: () => Promise<UnitStatus[]>,
  stopAll: () => Promise<void>,
): Omit<Rig, "processes" | "restart"> {
  const { graph, events } = parts;
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= stopAll().then(() => parts.server.dropAll(`${parts.name.replaceAll("-", "_")}_`)));
  return {
    graph,
    call: async (member, input, given = {}) => {
      const service = serviceNameOf(member.id);
      const unit = unitOf(service);
      if (!unit)
        throw new Error(
          `the service ${service} is not in this rig: it has ${[...graph.services.keys()].join(", ")}`,
        );
      const timeoutMs = given.timeoutMs ?? 10_000;
      const reply = await unit.callAs(service, {
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
    settled: ({ withinMs = 20_000 } = {}) => settle(status, withinMs),
    status,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function common(parts: Parts) {
  return {
    graph: parts.graph,
    topology: parts.topology,
    endpoints: parts.endpoints,
    server: parts.server,
    log: createLog({ unit: "test", level: parts.logLevel }),
    settings: { KERF_UNIT_SECRET: parts.secret, ...parts.options.settings },
    timing: parts.timing,
  };
}

function contractsOf(graph: Graph) {
  return [...graph.services.values()].map((node) => node.definition.contract);
}

function groupsOf(graph: Graph) {
  return EventLog.groups(contractsOf(graph), listener);
}

function listenAt(address: string | undefined) {
  return address === undefined ? undefined : { host: "127.0.0.1", port: Number(address.split(":")[1]) };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
