import { contractIdOf, type AnyContract, type AnyEvent, describe, type Received } from "kerf";
import type { Broker, Group } from "@kerf/runtime";

/** An event as a test sees it. */
export interface Seen {
  readonly type: string;
  readonly id: string;
  readonly sequence: number;
  readonly data: unknown;
  readonly traceparent: string;
}

/** Hears every event of an app and lets a test wait for one. */
export class EventLog {
  readonly seen: Seen[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #subscribed: Promise<unknown>[] = [];

  /** A group of each contract that states facts, from the beginning. */
  static groups(contracts: readonly AnyContract[], service: string): Group[] {
    return contracts
      .map((contract) => describe(contract))
      .filter((facts) => [...facts.members.values()].some((m) => m.kind === "event"))
      .map((facts) => ({ service, channel: facts.id, from: "earliest" }));
  }

  async listen(broker: Broker, groups: readonly Group[]): Promise<void> {
    for (const group of groups) {
      this.#subscribed.push(
        broker.subscribe(group, async (messages) => {
          for (const { body } of messages) this.seen.push(JSON.parse(body) as Seen);
          for (const wake of this.#waiting) wake();
        }),
      );
    }
    await Promise.all(this.#subscribed);
  }

  /** Resolves with the first event whose data has these fields, now or within `withinMs`. */
  async wait<E extends AnyEvent>(
    event: E,
    match: Partial<Received<E>>,
    withinMs: number,
  ): Promise<Received<E>> {
    const find = (): Seen | undefined =>
      this.seen.find(
        (s) =>
          s.type === event.id &&
          Object.entries(match).every(([key, value]) => (s.data as Record<string, unknown>)[key] === value),
      );
    const found = find();
    if (found) return found.data as Received<E>;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const others = this.seen.filter((s) => s.type === event.id).map((s) => JSON.stringify(s.data));
        reject(
          new Error(
            `no ${event.id} with ${JSON.stringify(match)} came within ${withinMs} ms; seen of it (${contractIdOf(event.id)}): ${others.slice(-5).join(", ") || "none"}`,
          ),
        );
      }, withinMs);
      const look = (): void => {
        const now = find();
        if (!now) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(now.data as Received<E>);
      };
      this.#waiting.add(look);
    });
  }
}
