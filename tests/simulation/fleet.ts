import type { App, Topology, Unit } from "kerf";
import { loadGraph, type Graph } from "../../packages/runtime/src/graph/index.ts";
import { memoryDatabase } from "../../packages/runtime/src/data/memory/database.ts";
import { memoryJournal } from "../../packages/runtime/src/journal/memory.ts";
import type { Storage } from "../../packages/runtime/src/service/port.ts";
import type { RunningUnit, UnitTiming } from "../../packages/runtime/src/unit/options.ts";
import { startUnit } from "../../packages/runtime/src/unit/unit.ts";
import type { Mutation, Place } from "./mutants.ts";
import { Network } from "./world/network.ts";
import { SimProcess } from "./world/process.ts";
import { Random } from "./world/random.ts";
import { SimBroker } from "./world/sim-broker.ts";
import { StoreLink } from "./world/store-link.ts";
import type { World } from "./world/world.ts";

/** A dead process's connections are noticed by the servers within this. */
const noticedMs = 50;

/** One replica of a unit: a name that stays, and a process that comes and goes. */
export interface Replica {
  readonly name: string;
  readonly unit: Unit;
  process: SimProcess;
  running: RunningUnit | undefined;
  /** Leaves lanes and connections. */
  gone: () => void;
  broker: SimBroker;
}

export interface FleetOptions {
  readonly topology: string;
  readonly replicas: number;
  readonly timing: Required<Pick<UnitTiming, "leaseMs" | "pollMs" | "giveUpMs" | "drainMs">> &
    Pick<UnitTiming, "sagas">;
  /** Processes keep the name of the one before, as those of a StatefulSet do: its leases need not run out. */
  readonly named: boolean;
  readonly everyCallRemote: boolean;
  readonly mutation: Mutation;
}

/** The units of the application, each in several simulated processes that run the code of production. */
export class Fleet {
  readonly replicas: Replica[] = [];
  readonly #world: World;
  readonly #graph: Graph;
  readonly #topology: Topology;
  readonly #options: FleetOptions;
  readonly #network: Network;
  readonly #random: Random;
  #started = 0;

  static async of(world: World, app: App, options: FleetOptions): Promise<Fleet> {
    return new Fleet(world, await loadGraph(app), options);
  }

  private constructor(world: World, graph: Graph, options: FleetOptions) {
    this.#world = world;
    this.#graph = graph;
    this.#options = options;
    this.#topology = graph.app.topologies.get(options.topology)!;
    this.#network = new Network(world);
    this.#random = new Random(world.seed, "fleet");
  }

  get leaseMs(): number {
    return this.#options.timing.leaseMs;
  }

  start(): void {
    for (const unit of this.#topology.units)
      for (let i = 0; i < this.#options.replicas; i++) this.#begin(`${unit.name}-${i}`, unit);
  }

  /** Replicas whose unit is ready to be asked. */
  get ready(): readonly Replica[] {
    return this.replicas.filter((r) => r.process.alive && !r.process.stopped && r.running?.ready());
  }

  /** SIGKILL. Its connections end, its lanes after a lease. */
  kill(replica: Replica): void {
    this.#world.trace.add(`kill ${replica.name}`);
    replica.process.kill();
    replica.running = undefined;
    replica.gone();
  }

  /** SIGSTOP, and SIGCONT after so long. */
  stop(replica: Replica, ms: number): void {
    const { process, broker } = replica;
    if (process.stopped) return;
    this.#world.trace.add(`stop ${replica.name} for ${Math.round(ms)} ms`);
    process.stop();
    this.#world.timeline.after(this.leaseMs, () => {
      if (process.stopped) broker.expire();
    });
    this.#world.timeline.after(ms, () => {
      if (!process.alive) return;
      this.#world.trace.add(`go on ${replica.name}`);
      process.resume();
      this.#world.timeline.after(this.#world.latencyMs(), () => void broker.rejoin());
    });
  }

  /** SIGTERM: it drains, and then it is gone. */
  drain(replica: Replica): void {
    this.#world.trace.add(`drain ${replica.name}`);
    const { process, running } = replica;
    process.enter(() => {
      void running?.drain().then(() => {
        if (process.alive) this.kill(replica);
      });
    });
  }

  /** A new process in the place of a dead one. */
  restart(replica: Replica): void {
    if (replica.process.alive) return;
    this.replicas.splice(this.replicas.indexOf(replica), 1);
    this.#begin(replica.name, replica.unit);
  }

  #begin(name: string, unit: Unit): void {
    const world = this.#world;
    const nth = this.#started++;
    const skewMs = Math.round(this.#random.between(-500, 500));
    const process = new SimProcess(name, world, new Random(world.seed, `${name} ${nth}`), skewMs);
    const links = new Map(unit.services.map((s) => [s, new StoreLink(world, process, s)] as const));
    const broker = new SimBroker(world, process);
    const { mutation, timing } = this.#options;
    const gone = (): void => {
      world.timeline.after(noticedMs * this.#random.next(), () => {
        for (const [service, link] of links) {
          link.closed = true;
          world.store(service).disconnect(link);
        }
      });
      world.timeline.after(timing.leaseMs, () => broker.expire());
    };
    const replica: Replica = { name, unit, process, running: undefined, gone, broker };
    this.replicas.push(replica);
    world.trace.add(`start ${name}`);
    const begin = (): void => {
      startUnit({
        graph: this.#graph,
        topology: this.#topology,
        unit,
        endpoints: new Map(),
        listen: undefined,
        log: logOf(world, name),
        settings: { NODE_ENV: "test", ...(this.#options.named ? { KERF_REPLICA: name } : {}) },
        timing,
        clock: process,
        everyCallRemote: this.#options.everyCallRemote,
        discovery: this.#network.discovery(this.#addresses()),
        transport: (dispatch) => {
          this.#network.listen(process, mutation.dispatch?.(dispatch, place) ?? dispatch);
          const transport = this.#network.transport(process);
          return mutation.transport?.(transport, place) ?? transport;
        },
        backing: {
          broker: mutation.broker?.(broker, place) ?? broker,
          urls: new Map(),
          prepare: async () => {},
          storage: (service) => {
            const { database, journal } = storage(service);
            return { database, journal: mutation.journal?.(journal, service, place) ?? journal };
          },
          close: () => broker.close(),
        },
      }).then(
        (running) => {
          replica.running = running;
          world.trace.add(`ready ${name}`);
        },
        // A store may be down at the start: whatever keeps it running tries again.
        (error: unknown) => {
          world.trace.add(`${name} does not start: ${String(error)}`);
          this.kill(replica);
          world.timeline.after(500, () => this.restart(replica));
        },
      );
    };
    const storage = (service: string): Storage => ({
      database: memoryDatabase(world.store(service), { clock: process, link: links.get(service)! }),
      journal: memoryJournal,
    });
    const place: Place = { world, process, storage };
    world.timeline.after(0, () => process.enter(begin));
  }

  #addresses(): ReadonlyMap<string, readonly string[]> {
    return new Map(
      this.#topology.units.map((unit) => [
        unit.name,
        Array.from({ length: this.#options.replicas }, (_, i) => `${unit.name}-${i}`),
      ]),
    );
  }
}

/** What a unit logs, in the trace. */
function logOf(world: World, name: string): any {
  const at =
    (level: string) =>
    (fields: unknown, message?: string): void => {
      const { err } = (fields ?? {}) as { err?: unknown };
      const told = message ?? (typeof fields === "string" ? fields : "");
      world.trace.add(`${name} ${level} ${told}${err === undefined ? "" : ` (${String(err)})`}`);
    };
  const log = {
    debug: () => {},
    info: () => {},
    warn: at("warns"),
    error: at("reports"),
    child: () => log,
  };
  return log;
}
