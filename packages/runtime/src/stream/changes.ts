import { createHash } from "node:crypto";
import type { Broker, Message } from "../broker/broker.ts";
import type { Clock } from "../clock/clock.ts";

/** How soon a change is looked for where the broker has no nudges. */
const pollMs = 2_000;

/**
 * Tells the streams of one service of what it stated. The process that takes a service's events to the broker nudges all
 * processes that watch one of their keys: also for what another process committed and did not live to tell.
 */
export class Changes {
  readonly #clock: Clock;
  readonly #service: string;
  readonly #broker: Broker;
  readonly #lookMs: number;
  readonly #nudges: boolean;
  /** Where the broker has no nudges, those of this process are told at least. */
  readonly #here = new Map<string, Set<() => void>>();

  constructor(service: string, broker: Broker, clock: Clock, lookMs: number) {
    this.#service = service;
    this.#broker = broker;
    this.#clock = clock;
    this.#nudges = broker.wake !== undefined && broker.onWake !== undefined;
    this.#lookMs = this.#nudges ? lookMs : Math.min(pollMs, lookMs);
  }

  /** What was just given to the broker. */
  sent(messages: readonly Pick<Message, "channel" | "key">[]): void {
    const topics = new Set<string>();
    for (const { channel, key } of messages) if (!channel.includes("!")) topics.add(this.#topic(key));
    if (topics.size === 0) return;
    topics.add(this.#topic(undefined));
    for (const topic of topics) {
      if (this.#nudges) this.#broker.wake!(topic);
      else this.#here.get(topic)?.forEach((told) => told());
    }
  }

  /** Yields at once, after each change of one of `keys` (any where there is none), and once in a while; ends with `signal`. */
  watch(keys: readonly string[], signal: AbortSignal): AsyncIterable<void> {
    const topics = keys.length === 0 ? [this.#topic(undefined)] : keys.map((key) => this.#topic(key));
    return { [Symbol.asyncIterator]: () => this.#begin(topics, signal) };
  }

  #begin(topics: readonly string[], signal: AbortSignal): AsyncIterator<void> {
    // What is stated between the look and the question for more is not lost: it is seen as changed.
    let changed = true;
    let waiting: ((result: IteratorResult<void>) => void) | undefined;
    let forget: () => void = () => {};
    let over = signal.aborted;
    const settle = (): void => {
      if (!waiting || !(changed || over)) return;
      const resolve = waiting;
      waiting = undefined;
      forget();
      changed = false;
      resolve(over ? { done: true, value: undefined } : { done: false, value: undefined });
    };
    const tell = (): void => {
      changed = true;
      settle();
    };
    const stops = over ? [] : topics.map((topic) => this.#on(topic, tell));
    const end = (): void => {
      over = true;
      signal.removeEventListener("abort", end);
      for (const stop of stops.splice(0)) stop();
      settle();
    };
    signal.addEventListener("abort", end, { once: true });
    return {
      next: () =>
        new Promise((resolve) => {
          waiting = resolve;
          settle();
          if (waiting !== undefined)
            forget = this.#clock.after(this.#lookMs * (0.8 + this.#clock.random() * 0.4), tell);
        }),
      return: async () => {
        end();
        return { done: true, value: undefined };
      },
    };
  }

  #on(topic: string, told: () => void): () => void {
    if (this.#nudges) return this.#broker.onWake!(topic, told);
    const all = this.#here.get(topic) ?? new Set();
    this.#here.set(topic, all.add(told));
    return () => {
      all.delete(told);
      if (all.size === 0) this.#here.delete(topic);
    };
  }

  /** Keys may be long, and somebody's name: what is told is a part of their hash. */
  #topic(key: string | undefined): string {
    if (key === undefined) return `changes:${this.#service}`;
    return `changes:${this.#service}:${createHash("sha256").update(key).digest("base64url").slice(0, 16)}`;
  }
}
