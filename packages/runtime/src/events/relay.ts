import type { Log } from "kerf";
import type { Clock } from "../clock/clock.ts";
import { StaleFenceError, type Broker } from "../broker/broker.ts";
import { crashAround, crashpoint } from "../crashpoint/crashpoint.ts";
import type { OutboxMessage } from "../journal/journal.ts";
import type { ServicePort, Storage } from "../service/port.ts";
import type { Changes } from "../stream/changes.ts";
import { withPublishing } from "../telemetry/messages.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { withSequence } from "./envelope.ts";

const batchSize = 500;
/** How long a relay that stops goes on sending. */
const lastMs = 2_000;

/**
 * Takes committed messages from the outbox of one service to the broker, in order. One process at a time does it, by
 * a fenced lease; the broker refuses one that lost it. A crash between publishing and deleting publishes again:
 * subscribers know the ids.
 */
export class Relay {
  #fence: number | undefined;
  #wanted = false;
  #running: Promise<void> | undefined;
  #stopped = false;
  readonly #service: string;
  readonly #storage: Storage;
  readonly #broker: Broker;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #changes: () => Changes | undefined;
  readonly #published: (() => void) | undefined;
  readonly #telemetry: Telemetry | undefined;

  constructor({ definition, storage, log, clock, streams, caching, telemetry }: ServicePort, broker: Broker) {
    this.#service = definition.name;
    this.#storage = storage!;
    this.#broker = broker;
    this.#log = log;
    this.#clock = clock;
    this.#changes = streams.changes;
    this.#telemetry = telemetry;
    this.#published = caching && (() => caching.published(definition.name, broker));
  }

  /** The fence of the lease as of the last look; undefined where another process holds it. */
  own(fence: number | undefined): void {
    this.#fence = fence;
  }

  get owner(): boolean {
    return this.#fence !== undefined;
  }

  /** There may be something to send. */
  wake(): void {
    this.#wanted = true;
    if (this.#fence === undefined || this.#stopped) return;
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
      if (this.#wanted && !this.#stopped && this.#fence !== undefined) this.wake();
    });
  }

  /** Sends what is committed, for a moment, and stops. What is left is for the next owner. */
  async stop(): Promise<void> {
    const forget = this.#clock.after(lastMs, () => (this.#stopped = true));
    this.wake();
    while (this.#running) await this.#running;
    forget();
    this.#stopped = true;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#wanted && this.#fence !== undefined && !this.#stopped) {
        this.#wanted = false;
        while ((await this.#sendBatch(this.#fence)) === batchSize && !this.#stopped);
      }
    } catch (error) {
      this.#wanted = false;
      if (error instanceof StaleFenceError) {
        this.#fence = undefined;
        this.#log.warn({ fence: error.fence }, "another process sends this service's messages now");
      } else {
        // The next tick tries again; nothing is lost, for nothing was deleted.
        this.#log.warn({ err: error }, `the outbox of ${this.#service} could not be sent; it is tried again`);
      }
    }
  }

  #publish(fence: number, messages: readonly OutboxMessage[]): Promise<void> {
    const publish = () => this.#broker.publish({ publisher: this.#service, fence, messages });
    return this.#telemetry ? withPublishing(this.#telemetry, this.#service, messages, publish) : publish();
  }

  async #sendBatch(fence: number): Promise<number> {
    const { database, journal } = this.#storage;
    const read = database.open({ readOnly: true, deadlineAt: this.#clock.now() + 10_000 });
    let unsent;
    try {
      unsent = await journal.readOutbox(read.run, batchSize);
      await read.commit();
    } catch (error) {
      await read.rollback();
      throw error;
    }
    if (unsent.length === 0) return 0;
    const messages = unsent.map(({ channel, key, id, body, sequence }) => ({
      channel,
      key,
      id,
      body: withSequence(body, sequence),
    }));
    crashpoint("publish.before");
    await this.#publish(fence, messages);
    crashpoint("publish.acknowledge.after");
    this.#changes()?.sent(messages);
    this.#published?.();
    const write = database.open({ deadlineAt: this.#clock.now() + 10_000 });
    try {
      void Promise.resolve(
        journal.deleteOutbox(
          write.run,
          unsent.map((m) => m.sequence),
        ),
      ).catch(() => {});
      await crashAround("mark-sent", () => write.commit());
    } catch (error) {
      await write.rollback();
      throw error;
    }
    return unsent.length;
  }
}
