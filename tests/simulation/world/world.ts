import { memoryBroker, type MemoryBroker } from "../../../packages/runtime/src/broker/memory.ts";
import { MemoryLog } from "../../../packages/runtime/src/broker/memory-log.ts";
import type { Batch } from "../../../packages/runtime/src/broker/broker.ts";
import { MemoryStore } from "../../../packages/runtime/src/data/memory/store.ts";
import type { SimProcess } from "./process.ts";
import { Random } from "./random.ts";
import { Timeline } from "./timeline.ts";
import { Trace } from "./trace.ts";
import { stormOf, type Weather } from "./weather.ts";

/** What all processes of a simulation share: time, chance, the network, the servers behind it, and what went wrong. */
export class World {
  readonly seed: number;
  readonly timeline = new Timeline();
  readonly trace: Trace;
  readonly log = new MemoryLog();
  readonly stores = new Map<string, MemoryStore>();
  /** Of the network and the servers. */
  readonly random: Random;
  readonly violations: string[] = [];
  weather: Weather;
  brokerUp = true;
  /** Sees whose batches the broker took. */
  published: (batch: Batch, process: SimProcess) => void = () => {};
  /** The process whose code runs: an event enters one at most, and the promises that it lets go on are of the same. */
  entered: SimProcess | undefined;
  /** Until when two places cannot reach each other, by their names. */
  readonly #cuts = new Map<string, number>();
  /** The part of the broker that is on its server: it delivers nothing itself. */
  readonly #server: MemoryBroker;

  constructor(seed: number) {
    this.seed = seed;
    this.random = new Random(seed, "world");
    this.trace = new Trace(() => this.timeline.now);
    this.weather = stormOf(new Random(seed, "weather"));
    this.#server = memoryBroker({ log: this.log, timers: this.clock, onProblem: () => {} });
  }

  get clock(): { now(): number; after(ms: number, run: () => void): () => void } {
    return {
      now: () => this.timeline.now,
      after: (ms, run) => this.timeline.after(ms, run),
    };
  }

  get server(): MemoryBroker {
    return this.#server;
  }

  store(service: string): MemoryStore {
    let store = this.stores.get(service);
    if (!store) this.stores.set(service, (store = new MemoryStore(this.clock)));
    return store;
  }

  /** Something that must never be. The first few say enough. */
  violate(invariant: string, what: string): void {
    if (this.violations.length >= 20) return;
    this.violations.push(`${invariant}: ${what}`);
    this.trace.add(`VIOLATION ${invariant}: ${what}`);
  }

  latencyMs(): number {
    const { latencyMs, slow } = this.weather;
    const usual = latencyMs * (0.5 + this.random.next());
    return this.random.chance(slow) ? usual + this.random.between(20, 4_000) : usual;
  }

  cut(a: string, b: string, ms: number): void {
    const until = this.timeline.now + ms;
    for (const pair of [`${a} ${b}`, `${b} ${a}`])
      this.#cuts.set(pair, Math.max(until, this.#cuts.get(pair) ?? 0));
  }

  /** One way only: what `a` sends does not reach `b`. */
  cutOneWay(a: string, b: string, ms: number): void {
    this.#cuts.set(`${a} ${b}`, Math.max(this.timeline.now + ms, this.#cuts.get(`${a} ${b}`) ?? 0));
  }

  mend(): void {
    this.#cuts.clear();
  }

  /** When `a` reaches `b` again: a time that is past, or 0, where it does now. */
  cutUntil(a: string, b: string): number {
    return this.#cuts.get(`${a} ${b}`) ?? 0;
  }

  isCut(a: string, b: string): boolean {
    return this.cutUntil(a, b) > this.timeline.now;
  }
}
