import type {
  Batch,
  Broker,
  Deliver,
  Delivered,
  Group,
  Subscription,
} from "../../../packages/runtime/src/broker/broker.ts";
import { memoryBroker, type MemoryBroker } from "../../../packages/runtime/src/broker/memory.ts";
import type { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

const server = "broker";

interface Subscribed {
  readonly group: Group;
  readonly deliver: Deliver;
}

/** The broker as one process sees it, over the network: the log in memory, with its lanes lost after a lease. */
export class SimBroker implements Broker {
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #subscribed = new Set<Subscribed>();
  readonly #topics: (() => void)[] = [];
  #member: MemoryBroker;
  #expired = false;

  constructor(world: World, process: SimProcess) {
    this.#world = world;
    this.#process = process;
    this.#member = this.#join();
  }

  /** Its lease on lanes has run out: others have them now. */
  expire(): void {
    if (this.#expired) return;
    this.#expired = true;
    this.#world.trace.add(`${this.#process.name}: its lanes are given to others`);
    this.#member.crash();
  }

  /** It is heard of again. */
  async rejoin(): Promise<void> {
    if (!this.#expired || !this.#process.alive) return;
    this.#expired = false;
    this.#member = this.#join();
    for (const subscribed of this.#subscribed) await this.#subscribe(subscribed);
  }

  async register(groups: readonly Group[]): Promise<void> {
    await this.#world.server.register(groups);
  }

  publish(batch: Batch): Promise<void> {
    const { random, weather, trace, server: log } = this.#world;
    return this.#asked(async () => {
      const lost = random.chance(weather.publishLost);
      if (lost && random.chance(0.5)) {
        trace.add(`${this.#process.name} > broker: publication lost`);
        throw new Error("the broker could not be reached");
      }
      await log.publish(batch);
      this.#world.published(batch, this.#process);
      trace.add(
        `${this.#process.name} > broker: fence ${batch.fence}, ${batch.messages.map((m) => `${m.channel} ${m.id.slice(0, 8)}`).join(", ")}`,
      );
      if (lost) {
        trace.add(`${this.#process.name} > broker: publication not acknowledged`);
        throw new Error("the broker did not answer");
      }
    });
  }

  async subscribe(group: Group, deliver: Deliver): Promise<Subscription> {
    const subscribed: Subscribed = { group, deliver };
    this.#subscribed.add(subscribed);
    const subscription = await this.#subscribe(subscribed);
    return {
      stop: async () => {
        this.#subscribed.delete(subscribed);
        if (!this.#expired) await subscription.stop();
      },
    };
  }

  async close(): Promise<void> {
    for (const forget of this.#topics) forget();
    if (!this.#expired) await this.#member.close();
  }

  async backlog() {
    return this.#world.server.backlog();
  }

  wake(topic: string): void {
    if (!this.#world.random.chance(this.#world.weather.wakeLost)) this.#member.wake(topic);
  }

  onWake(topic: string, listener: () => void): () => void {
    const forget = this.#world.server.onWake(topic, () =>
      this.#world.timeline.after(this.#world.latencyMs(), () => this.#process.enter(listener)),
    );
    this.#topics.push(forget);
    return forget;
  }

  #join(): MemoryBroker {
    const { log, clock } = this.#world;
    return memoryBroker({ log, timers: clock, onProblem: () => {} });
  }

  #subscribe({ group, deliver }: Subscribed): Promise<Subscription> {
    return this.#member.subscribe(group, (messages, signal) => this.#deliver(deliver, messages, signal));
  }

  /** A delivery, and its acknowledgement, cross the network; either may be lost, and then it comes again. */
  #deliver(deliver: Deliver, messages: readonly Delivered[], lost: AbortSignal): Promise<void> {
    const { random, weather, timeline, trace } = this.#world;
    return new Promise((resolve, reject) => {
      const mine = new AbortController();
      lost.addEventListener(
        "abort",
        () => {
          timeline.after(this.#world.latencyMs(), () => this.#process.enter(() => mine.abort()));
        },
        { once: true },
      );
      const back = (settle: () => void): void => {
        const at = Math.max(timeline.now, this.#world.cutUntil(this.#process.name, server));
        timeline.at(at + this.#world.latencyMs(), settle);
      };
      const at = Math.max(timeline.now, this.#world.cutUntil(server, this.#process.name));
      timeline.at(at + this.#world.latencyMs(), () =>
        this.#process.enter(() => {
          if (mine.signal.aborted) return reject(new Error("the lane is lost"));
          trace.add(
            `broker > ${this.#process.name}: ${messages.map((m) => `${m.channel} ${m.id.slice(0, 8)}`).join(", ")}`,
          );
          deliver(messages, mine.signal).then(
            () => {
              if (random.chance(weather.ackLost)) {
                trace.add(`${this.#process.name} > broker: acknowledgement lost`);
                return back(() => reject(new Error("the acknowledgement was lost")));
              }
              back(resolve);
            },
            (error: unknown) => back(() => reject(error)),
          );
        }),
      );
    });
  }

  /** A request to the broker's server, and its answer. */
  #asked(work: () => Promise<void>): Promise<void> {
    const { timeline } = this.#world;
    const name = this.#process.name;
    return new Promise((resolve, reject) => {
      const sent = Math.max(timeline.now, this.#world.cutUntil(name, server)) + this.#world.latencyMs();
      timeline.at(sent, () => {
        const back = (settle: () => void): void => {
          const at = Math.max(timeline.now, this.#world.cutUntil(server, name));
          timeline.at(at + this.#world.latencyMs(), () => this.#process.enter(settle));
        };
        if (!this.#world.brokerUp) return back(() => reject(new Error("the broker is down")));
        work().then(
          () => back(resolve),
          (error: unknown) => back(() => reject(error)),
        );
      });
    });
  }
}
