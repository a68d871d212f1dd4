import { setTimeout as sleep } from "node:timers/promises";
import { DeclarationError } from "kerf";
import { backoffMs, type BackoffOptions } from "../data/backoff.ts";
import { within } from "../data/within.ts";
import type { Logger } from "../log/index.ts";
import { Channels } from "./channels.ts";
import type { RedisClient } from "./client.ts";

/** The one connection of a process to Redis, for commands and for what is published. Made by {@link openRedis}. */
export interface Redis {
  readonly client: RedisClient;
  /** Whether commands have a chance. */
  ready(): boolean;
  /** Calls `run` after each connect, and now where there is a connection: what was published meanwhile is lost. */
  onConnect(run: () => void): () => void;
  /** Gives `receive` what is published on `channel` while there is a connection. Again after each reconnect. */
  subscribe(channel: string, receive: (message: string) => void): () => void;
  /** Lets go at once. Commands under way reject. */
  close(): Promise<void>;
}

export interface RedisOptions {
  /** `redis://`, `rediss://` (TLS) or `unix:`, with user, password and database where needed. */
  readonly url: string;
  readonly log: Logger;
  readonly reconnect?: BackoffOptions;
}

/** As gRPC's connection backoff. */
const RECONNECT: BackoffOptions = { firstMs: 1_000, factor: 1.6, jitter: 0.2, mostMs: 120_000 };
/** A server that takes the connection and then says nothing. */
const HANDSHAKE_MS = 5_000;
/** How long a start waits for Redis, which it can do without. */
const FIRST_MS = 2_000;
/** A connection that is silent for this long is taken for dead, so that no command hangs for longer than both together. */
const PING_EVERY_MS = 2_000;
const PONG_WITHIN_MS = 1_000;
/** Commands that wait for a reply: more means that Redis is slower than what asks it. */
const QUEUE_LIMIT = 10_000;

/**
 * Connects to Redis, and again whenever the connection is lost. Resolves when it is there or the first try failed: who
 * uses it must be able to do without it for a while. An outage is logged once, and so is its end; passwords never.
 * @throws DeclarationError where `url` is not one of Redis
 */
export async function openRedis(options: RedisOptions): Promise<Redis> {
  const { createClient } = await import("redis");
  const address = addressOf(options.url);
  const client = createClient({
    url: options.url,
    // Its own reconnecting sleeps for up to the longest pause after it was closed.
    socket: { reconnectStrategy: false, connectTimeout: HANDSHAKE_MS },
    disableOfflineQueue: true,
    commandsQueueMaxLength: QUEUE_LIMIT,
    // The client's own limit is of no use once a command is written, and costs a timer for each.
    commandOptions: { timeout: 0 },
    maintNotifications: "disabled",
  }) as RedisClient;
  // Whoever fails is told by its own rejection.
  client.on("error", () => {});
  const connection = new Connection(client, address, options);
  await connection.start();
  return connection;
}

class Connection implements Redis {
  readonly client: RedisClient;
  readonly #channels: Channels;
  readonly #address: string;
  readonly #log: Logger;
  readonly #reconnect: BackoffOptions;
  readonly #onConnect = new Set<() => void>();
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(client: RedisClient, address: string, { log, reconnect }: RedisOptions) {
    this.client = client;
    this.#channels = new Channels(client);
    this.#address = address;
    this.#log = log;
    this.#reconnect = reconnect ?? RECONNECT;
  }

  async start(): Promise<void> {
    const tried = Promise.withResolvers<void>();
    this.#running = this.#stayConnected(tried.resolve);
    await within(FIRST_MS, tried.promise);
  }

  ready(): boolean {
    return this.client.isReady;
  }

  onConnect(run: () => void): () => void {
    this.#onConnect.add(run);
    if (this.ready()) run();
    return () => void this.#onConnect.delete(run);
  }

  subscribe(channel: string, receive: (message: string) => void): () => void {
    return this.#channels.add(channel, receive);
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.client.destroy();
    await this.#running;
  }

  async #stayConnected(tried: () => void): Promise<void> {
    const { signal } = this.#stopped;
    let told = false;
    for (let failures = 0; !signal.aborted;) {
      const error = await this.#connectOnce(() => {
        if (told) this.#log.info({ redis: this.#address }, "Redis is there again");
        told = false;
        failures = 0;
        tried();
      });
      if (signal.aborted) return;
      if (!told)
        this.#log.error(
          { redis: this.#address, reason: error.message },
          "Redis cannot be reached; trying on",
        );
      told = true;
      tried();
      const pause = backoffMs(++failures, this.#reconnect);
      await sleep(pause, undefined, { ref: false, signal }).catch(() => {});
    }
  }

  /** Resolves with what ended the connection, or kept it from being made. */
  async #connectOnce(connected: () => void): Promise<Error> {
    const { client } = this;
    const ended = Promise.withResolvers<Error>();
    const onError = (error: Error) => ended.resolve(error);
    client.on("terminated", onError);
    try {
      const made = await within(
        HANDSHAKE_MS,
        client.connect().then(
          () => "connected" as const,
          (error: Error) => error,
        ),
      );
      if (made !== "connected") {
        client.destroy();
        return made ?? new Error(`no answer within ${HANDSHAKE_MS} ms`);
      }
      connected();
      this.#channels.connected();
      for (const run of this.#onConnect) run();
      void this.#watch(ended);
      return await ended.promise;
    } finally {
      client.off("terminated", onError);
      ended.resolve(new Error("closed"));
    }
  }

  /** TCP notices a peer that went away without a word after minutes. */
  async #watch(ended: PromiseWithResolvers<Error>): Promise<void> {
    let over = false;
    void ended.promise.then(() => (over = true));
    const { signal } = this.#stopped;
    while (!signal.aborted && !over) {
      await sleep(PING_EVERY_MS, undefined, { ref: false, signal }).catch(() => {});
      if (signal.aborted || over) break;
      const pong = await within(
        PONG_WITHIN_MS,
        this.client.ping().catch(() => "gone"),
      );
      if (pong !== undefined || over) continue;
      this.client.destroy();
      ended.resolve(new Error(`no answer within ${PONG_WITHIN_MS} ms`));
    }
    if (signal.aborted) ended.resolve(new Error("closed"));
  }
}

/** Host and port for the log; never the user and password. */
function addressOf(url: string): string {
  if (url.startsWith("unix:")) return "unix socket";
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "redis:" && parsed?.protocol !== "rediss:")
    throw new DeclarationError(
      "KERF_REDIS_URL",
      "is no URL of Redis",
      "write it as redis://user:password@host:6379/0, or rediss:// for TLS",
    );
  return `${parsed.hostname}:${parsed.port || 6379}`;
}
