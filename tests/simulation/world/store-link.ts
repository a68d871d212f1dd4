import type { Fate, MemoryLink } from "../../../packages/runtime/src/data/memory/link.ts";
import type { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

/** The way of one process to one store: in order, as TCP is, and slow while it is cut. */
export class StoreLink implements MemoryLink {
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #store: string;
  /** The process is gone, and the server has noticed. */
  closed = false;
  #sentAt = 0;
  #repliedAt = 0;

  constructor(world: World, process: SimProcess, store: string) {
    this.#world = world;
    this.#process = process;
    this.#store = store;
  }

  send(arrive: () => void): void {
    this.#sentAt = this.#arrival(this.#process.name, this.#store, this.#sentAt);
    this.#world.timeline.at(this.#sentAt, () => {
      if (!this.closed) arrive();
    });
  }

  reply(arrive: () => void): void {
    this.#repliedAt = this.#arrival(this.#store, this.#process.name, this.#repliedAt);
    this.#world.timeline.at(this.#repliedAt, () => this.#process.enter(arrive));
  }

  fate(of: "statement" | "commit"): Fate {
    const { random, weather } = this.#world;
    const { connectionLost, serialization, unreported } = weather;
    if (random.chance(connectionLost)) return this.#note(of, "lost");
    if (random.chance(serialization)) return this.#note(of, "serialization");
    if (of === "commit" && random.chance(unreported)) return this.#note(of, "unreported");
    return "done";
  }

  commitMs(): number {
    return this.#world.random.chance(0.3) ? this.#world.random.between(0.1, 20) : 0;
  }

  undecidedMs(): number {
    return this.#world.random.chance(0.5) ? 0 : this.#world.random.between(0, 1_500);
  }

  #note(of: string, fate: Fate): Fate {
    this.#world.trace.add(`${this.#process.name} > ${this.#store}: ${of} ${fate}`);
    return fate;
  }

  #arrival(from: string, to: string, last: number): number {
    const { timeline, weather, random } = this.#world;
    const ms = weather.latencyMs * (0.2 + random.next() * 0.4);
    return Math.max(last, Math.max(timeline.now, this.#world.cutUntil(from, to)) + ms);
  }
}
