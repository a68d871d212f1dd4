import { type Broker, type OnProblem, type Subscription, warnOfProblem } from "./broker.ts";
import { RETENTION_MS } from "./redelivery.ts";
import { Catalogue } from "./postgres/catalogue.ts";
import { Deliveries } from "./postgres/deliver.ts";
import { Lanes, type OwnedLane } from "./postgres/lanes.ts";
import { Link } from "./postgres/link.ts";
import { Listener } from "./postgres/listen.ts";
import { pause } from "./postgres/pause.ts";
import { publishBatch } from "./postgres/publish.ts";
import { readLane, spansOf } from "./postgres/history.ts";
import { ensureSchema } from "./postgres/schema.ts";
import { Tick } from "./postgres/tick.ts";
import { Topics } from "./postgres/topics.ts";
import { trimOld } from "./postgres/trim.ts";

export interface PostgresBrokerOptions {
  /** A database of the broker's own; it makes its tables there by itself. */
  readonly url: string;
  /** After so long without a sign of life a process has lost its lanes. Default 30 s, renewed at a third. */
  readonly leaseMs?: number;
  /** A name that this process keeps over restarts: the one that had it before is dead, and its lanes are free at once. */
  readonly replica?: string | undefined;
  /** Default 7 days. */
  readonly retentionMs?: number;
  /** How often to look without being told. Default 5 s. */
  readonly pollMs?: number;
  /** How long a stop waits for what is in flight. Default 30 s. */
  readonly drainMs?: number;
  /** Connections besides the one that listens. Default 3. */
  readonly connections?: number;
  readonly onProblem?: OnProblem;
}

/**
 * The broker of a fleet of any size that has PostgreSQL: an append-only log per channel, in a database of its own.
 *
 * @throws when the database cannot be reached now; later failures are survived.
 */
export async function postgresBroker(options: PostgresBrokerOptions): Promise<Required<Broker>> {
  const { url, leaseMs = 30_000, retentionMs = RETENTION_MS, pollMs = 5_000, drainMs = 30_000 } = options;
  const { onProblem = warnOfProblem } = options;
  const link = new Link({ url, max: options.connections ?? 3 });
  const catalogue = new Catalogue(link);
  const lanes = new Lanes({
    link,
    leaseMs,
    replica: options.replica,
    onProblem,
    onGained: () => deliveries.kick(),
  });
  const topics = new Topics(link);
  const subscribed = new Set<number>();
  let closing: Promise<void> | undefined;
  const deliveries = new Deliveries({
    link,
    lanes,
    onProblem,
    onFailure: (cause) => tick.failed(cause),
    onIdle: syncSoon,
  });
  const listener = new Listener({
    url,
    onNotify,
    onUp,
    onDown: () => tick.failed(new Error("Connection lost.")),
  });

  let beatDue = 0;
  let trimDue = 0;
  const tick = new Tick({
    intervalMs: Math.min(pollMs, leaseMs / 3),
    async run() {
      if (performance.now() >= beatDue) await sync();
      await listener.ensure();
      deliveries.wake();
      if (performance.now() >= trimDue) {
        await trimOld(link, retentionMs);
        trimDue = performance.now() + Math.min(retentionMs / 4, 60_000);
      }
    },
    onDown(cause) {
      beatDue = 0;
      const reason = cause instanceof Error ? cause.message : String(cause);
      onProblem({
        code: "UNREACHABLE",
        message: `The broker's database failed; trying again: ${reason}`,
        cause,
      });
    },
  });

  async function sync(): Promise<void> {
    await lanes.sync();
    // A tick comes up to 20 % late, and one may fail: aim before the third.
    beatDue = performance.now() + leaseMs / 3 - Math.min(pollMs, leaseMs / 3) * 0.4;
  }

  function syncSoon(): void {
    sync().catch((cause: unknown) => tick.failed(cause));
  }

  function onUp(): void {
    syncSoon();
    deliveries.wake();
    topics.heardAll();
  }

  function onNotify(payload: string): void {
    const rest = payload.slice(1);
    // Who caused the change has acted on it in the same statement.
    if (payload.startsWith("m")) {
      if (rest !== String(lanes.member)) syncSoon();
    } else if (payload.startsWith("t")) topics.heard(rest);
    else if (payload.startsWith("c"))
      deliveries.wake(rest === "" ? undefined : new Set(rest.split(",").map(Number)));
  }

  /** Gives these lanes away once what is in flight has ended, or the time for that is over. */
  async function drain(belongs: (lane: OwnedLane) => boolean): Promise<void> {
    const mine = () => [...lanes.owned()].filter(belongs);
    for (const lane of mine()) {
      lane.leaving = true;
      lane.controller.abort();
    }
    const late = new AbortController();
    await Promise.race([Promise.all(mine().map((lane) => lane.delivery)), pause(drainMs, late.signal)]);
    late.abort();
    for (const lane of mine()) lane.delivery = undefined;
    try {
      await sync();
    } catch (cause) {
      tick.failed(cause);
      for (const lane of mine()) lanes.forget(lane);
    }
  }

  async function stop(groupId: number): Promise<void> {
    if (!subscribed.has(groupId)) return;
    lanes.unwant(groupId);
    await drain((lane) => lane.consumer.group.id === groupId);
    subscribed.delete(groupId);
  }

  async function close(): Promise<void> {
    await tick.stop();
    for (const groupId of subscribed) lanes.unwant(groupId);
    await drain(() => true);
    subscribed.clear();
    await lanes.leave().catch(() => {}); // Its lease runs out then.
    await Promise.all([listener.close(), link.close()]);
  }

  try {
    await ensureSchema(link);
    await listener.ensure();
  } catch (cause) {
    await Promise.all([listener.close(), link.close()]);
    throw cause;
  }
  tick.start();

  return {
    async register(groups) {
      await catalogue.register(groups);
    },

    async publish(batch) {
      if (batch.messages.length === 0) return;
      deliveries.wake(await publishBatch(link, catalogue, lanes.member, batch));
    },

    async subscribe(group, deliver): Promise<Subscription> {
      const [known] = await catalogue.register([group]);
      if (subscribed.has(known!.id)) {
        throw new Error(
          `${group.service} is subscribed to ${group.channel} already: stop that subscription first.`,
        );
      }
      subscribed.add(known!.id);
      lanes.want({ group: known!, deliver });
      try {
        await sync();
      } catch (cause) {
        await stop(known!.id);
        throw cause;
      }
      return { stop: () => stop(known!.id) };
    },

    close: () => (closing ??= close()),
    backlog: () => catalogue.backlog(retentionMs),

    async retire(group) {
      await catalogue.retire(group);
      syncSoon();
    },

    spans: (channel, sinceMs) => spansOf(link, catalogue, channel, sinceMs, retentionMs),
    read: (channel, lane, offset, limit) => readLane(link, catalogue, { channel, lane, offset, limit }),

    wake: (topic) => topics.wake(topic),
    onWake: (topic, listen) => topics.on(topic, listen),
  };
}
