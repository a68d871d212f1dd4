import type { Log } from "kerf";
import type { Broker, Delivered } from "../broker/broker.ts";
import type { Clock } from "../clock/clock.ts";
import { decodeEnvelope, type Envelope } from "../events/envelope.ts";

export interface FollowerOptions {
  readonly broker: Broker;
  /** Ids of contracts: their events are on the channels of that name. */
  readonly channels: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Date.now() milliseconds: messages since then are heard too. */
  readonly since: number;
  readonly heard: (envelope: Envelope) => void;
  /** Messages of the channel are gone before they were heard. */
  readonly missed: (channel: string) => void;
}

/** Woken more often, it looks so often: what many events cost is bounded. */
const LEAST_MS = 100;
const POLL_MS = 4_000;
const PAGE = 500;

/**
 * Reads the logs of contracts beside their subscribers, in this process only: every process hears every event, where a
 * group hears each once. It keeps its place in memory and moves no group.
 */
export class Follower {
  readonly #options: FollowerOptions;
  /** The next offset, by channel and lane. */
  readonly #next = new Map<string, Map<number, number>>();
  #looking: Promise<void> | undefined;
  #again = false;
  #lookedAt = 0;
  #stopped = false;
  #failing = false;
  #unwatch: readonly ((() => void) | undefined)[] = [];
  readonly #stop = new AbortController();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Whether a broker can be followed. */
  static can(broker: Broker): boolean {
    return broker.spans !== undefined && broker.read !== undefined;
  }

  /** Resolves when its place is known: nothing that is published from now on is missed. */
  async start(): Promise<void> {
    const { broker, channels, since } = this.#options;
    for (const channel of channels) {
      const spans = await broker.spans!(channel, since);
      this.#next.set(channel, new Map(spans.map(({ lane, from }) => [lane, from])));
    }
    this.#unwatch = channels.map((channel) => broker.onWake?.(followTopic(channel), () => this.#look()));
    this.#look();
  }

  /** Call it now and then: nudges may be lost. */
  poll(): void {
    if (this.#options.clock.now() - this.#lookedAt >= POLL_MS) this.#look();
  }

  #look(): void {
    this.#again = true;
    if (this.#stopped) return;
    this.#looking ??= this.#run().finally(() => (this.#looking = undefined));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stop.abort();
    for (const stop of this.#unwatch) stop?.();
    await this.#looking;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      this.#lookedAt = this.#options.clock.now();
      try {
        for (const channel of this.#options.channels) await this.#readChannel(channel);
        this.#failing = false;
      } catch (error) {
        if (!this.#failing)
          this.#options.log.warn({ err: error }, "events that make cached answers old cannot be heard now");
        this.#failing = true;
      }
      await this.#options.clock.sleep(LEAST_MS, this.#stop.signal).catch(() => {});
    }
  }

  async #readChannel(channel: string): Promise<void> {
    const { broker } = this.#options;
    const places = this.#next.get(channel)!;
    // Since ever: the ends of the lanes are all that is asked for, and that reads the least.
    for (const { lane, next } of await broker.spans!(channel, 0)) {
      while ((places.get(lane) ?? 0) < next && !this.#stopped) {
        const place = places.get(lane) ?? 1;
        const page = await broker.read!(channel, lane, place, PAGE);
        if (page.length === 0) {
          this.#options.missed(channel);
          places.set(lane, next);
          break;
        }
        if (page[0]!.offset > place) this.#options.missed(channel);
        for (const message of page) this.#hear(message);
        places.set(lane, page.at(-1)!.offset + 1);
      }
    }
  }

  #hear(message: Delivered): void {
    this.#options.heard(decodeEnvelope(message.body));
  }
}

/** Woken when something was appended to the log of a contract. */
export function followTopic(channel: string): string {
  return `follow:${channel}`;
}
