import type { World } from "../world/world.ts";

export interface Order {
  readonly key: string;
  readonly action: "clear" | "void";
  readonly transfer: string;
  readonly verdict: "done" | "declined";
}

/** By rule, so that the same amounts come out the same everywhere. */
export function declines(pence: number): boolean {
  return pence % 20 === 16;
}

/** What stands outside: a log that only grows, with one line for each key of idempotency. */
export class Bank {
  readonly orders = new Map<string, Order>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Over the network: the order, or its answer, may be lost. */
  async ask(order: Omit<Order, "verdict">, pence: number): Promise<Order["verdict"]> {
    const { random, weather, trace } = this.#world;
    const process = this.#world.entered!;
    await process.sleep(this.#world.latencyMs());
    if (random.chance(weather.bankLost)) throw new Error("the bank could not be reached");
    const known = this.orders.get(order.key);
    const verdict = known?.verdict ?? (order.action === "clear" && declines(pence) ? "declined" : "done");
    if (!known) {
      trace.add(`bank: ${order.action} ${order.transfer} ${verdict} (${order.key})`);
      this.orders.set(order.key, { ...order, verdict });
    }
    await process.sleep(this.#world.latencyMs());
    if (random.chance(weather.bankLost)) throw new Error("the bank did not answer");
    return verdict;
  }
}
