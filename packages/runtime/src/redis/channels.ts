import type { RedisClient } from "./client.ts";

interface Channel {
  readonly receivers: Set<(message: string) => void>;
  readonly receive: (message: string) => void;
}

/** Who listens to which channel of a connection that comes and goes. */
export class Channels {
  readonly #client: RedisClient;
  readonly #channels = new Map<string, Channel>();

  constructor(client: RedisClient) {
    this.#client = client;
  }

  add(name: string, receiver: (message: string) => void): () => void {
    const channel = this.#channels.get(name) ?? makeChannel();
    this.#channels.set(name, channel);
    channel.receivers.add(receiver);
    if (this.#client.isReady) this.#subscribe(name, channel);
    return () => {
      channel.receivers.delete(receiver);
      if (channel.receivers.size > 0 || this.#channels.get(name) !== channel) return;
      this.#channels.delete(name);
      if (this.#client.isReady) void this.#client.unsubscribe(name, channel.receive).catch(() => {});
    };
  }

  /** The client repeats by itself what the server had confirmed; this adds what it had not. */
  connected(): void {
    for (const [name, channel] of this.#channels) this.#subscribe(name, channel);
  }

  #subscribe(name: string, channel: Channel): void {
    // Where the connection is lost, the next one subscribes.
    void this.#client.subscribe(name, channel.receive).catch(() => {});
  }
}

function makeChannel(): Channel {
  const receivers = new Set<(message: string) => void>();
  return {
    receivers,
    receive(message) {
      for (const receiver of receivers) receiver(message);
    },
  };
}
