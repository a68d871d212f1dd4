import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "./backoff.ts";
import type { Connection } from "./connection.ts";

type Open = (onNotify: (channel: string, payload: string) => void) => Promise<Connection>;

interface Subscription {
  fn: (payload: string) => void;
  onReconnect: () => void;
}

/**
 * The one connection that listens on a database, for all channels. What was notified while it was broken
 * is lost, so after each reconnect everybody is told to look for themselves.
 */
export class Listener {
  readonly #open: Open;
  readonly #channels = new Map<string, Set<Subscription>>();
  #connection: Promise<Connection> | undefined;
  readonly #stopped = new AbortController();

  constructor(open: Open) {
    this.#open = open;
  }

  /** Resolves when the server listens; throws `unavailable` if it cannot be reached now. */
  async add(channel: string, subscription: Subscription): Promise<() => Promise<void>> {
    const known = this.#channels.get(channel);
    const subscriptions = known ?? new Set();
    subscriptions.add(subscription);
    this.#channels.set(channel, subscriptions);
    try {
      const connection = await (this.#connection ??= this.#connect());
      await connection.command(`listen ${quote(channel)}`);
    } catch (error) {
      await this.#remove(channel, subscription);
      throw error;
    }
    return () => this.#remove(channel, subscription);
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#channels.clear();
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  async #remove(channel: string, subscription: Subscription): Promise<void> {
    const subscriptions = this.#channels.get(channel);
    if (!subscriptions?.delete(subscription) || subscriptions.size > 0) return;
    this.#channels.delete(channel);
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.command(`unlisten ${quote(channel)}`).catch(() => {});
  }

  async #connect(): Promise<Connection> {
    try {
      const connection = await this.#open((channel, payload) => {
        for (const { fn } of this.#channels.get(channel) ?? []) fn(payload);
      });
      void connection.closed.then(() => this.#reconnect());
      return connection;
    } catch (error) {
      this.#connection = undefined;
      throw error;
    }
  }

  async #reconnect(): Promise<void> {
    for (let failures = 0; !this.#stopped.signal.aborted;) {
      try {
        this.#connection = this.#connect();
        const connection = await this.#connection;
        for (const channel of this.#channels.keys()) await connection.command(`listen ${quote(channel)}`);
        for (const subscriptions of this.#channels.values())
          for (const { onReconnect } of subscriptions) onReconnect();
        return;
      } catch {
        await sleep(backoffMs(++failures), undefined, { ref: false, signal: this.#stopped.signal }).catch(
          () => {},
        );
      }
    }
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
