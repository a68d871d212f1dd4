import type { ReplayJournal, ReplayLane, ReplayRecord } from "../../journal/replay-journal.ts";
import type { ServicePort } from "../../service/port.ts";
import { beginReplay } from "./begin.ts";
import { ReplayError } from "./errors.ts";
import { HandOver, passes, ReplayLost } from "./hand-over.ts";
import { keepLease } from "./lease.ts";
import type { ReplayEnd, ReplayOptions, ReplayProgress } from "./options.ts";
import { onlyOf, planReplay } from "./plan.ts";
import { inTransaction } from "../../work/in-transaction.ts";

/** Messages that are read, and handed over in one transaction, at most. */
const batchSize = 200;
/** What may be left to do while live reactions wait for the swap. */
const swapTail = 500;
const batchMs = 60_000;
const swapMs = 10 * 60_000;
const mostTries = 6;

/**
 * Builds a read model anew from past events, beside the live one, and then puts it in its place. Live reactions go on,
 * and fill the old rows, until the swap: one transaction, for which they wait.
 * @throws ReplayError where it cannot begin or go on, with the mend
 */
export async function replay(options: ReplayOptions): Promise<ReplayEnd> {
  const { port, journal, signal, leaseMs = 15_000 } = options;
  const wanted = planReplay(port.definition, options.event);
  const holder = port.clock.uuid();
  const record = await beginReplay(options, wanted, { holder, leaseMs });
  const plan = onlyOf(wanted, record.events);
  const lost = new AbortController();
  const lease = keepLease(port, journal, record.id, { holder, leaseMs }, () => lost.abort());
  const hands = new HandOver(port, journal, record, plan, AbortSignal.any([signal, lost.signal]));
  try {
    return await new Replay(options, record, hands).run(lost.signal);
  } catch (error) {
    if (!(error instanceof ReplayLost) && !lost.signal.aborted) throw error;
    throw new ReplayError(
      `Another process goes on with the replay of ${port.definition.name}, or has ended it`,
      "leave it to that one",
      { cause: error },
    );
  } finally {
    lease.stop();
    await inTransaction(port, (run) => journal.releaseReplay(run, record.id, holder)).catch(() => {});
  }
}

/** Drops what an unfinished replay has built. @throws ReplayError where there is none, or somebody works on it */
export async function abandonReplay(port: ServicePort, journal: ReplayJournal): Promise<ReplayRecord> {
  return inTransaction(port, async (run) => {
    const record = await journal.readReplay(run);
    if (!record)
      throw new ReplayError(`${port.definition.name} has no unfinished replay`, "there is nothing to drop");
    if (!(await journal.holdReplay(run, record.id, { holder: port.clock.uuid(), leaseMs: 0 })))
      throw new ReplayError(`The replay of ${port.definition.name} is at work`, "stop it first");
    await journal.abandon(run, record.id);
    return record;
  });
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #record: ReplayRecord;
  readonly #hands: HandOver;
  #lanes: readonly ReplayLane[] = [];
  /** Up to here the rate applies. */
  #first: ReadonlyMap<string, number> | undefined;
  #heads: ReadonlyMap<string, number> = new Map();
  #notBefore = 0;

  constructor(options: ReplayOptions, record: ReplayRecord, hands: HandOver) {
    this.#options = options;
    this.#record = record;
    this.#hands = hands;
  }

  async run(lost: AbortSignal): Promise<ReplayEnd> {
    for (let failures = 0; !this.#options.signal.aborted;) {
      if (lost.aborted) throw new ReplayLost();
      try {
        await this.#look();
        if (this.#behind().length === 0 && (await this.#swap()))
          return { ...this.#progress(), state: "done" };
        for (const lane of this.#behind()) {
          if (this.#options.signal.aborted || lost.aborted) break;
          await this.#batch(lane);
          failures = 0;
        }
      } catch (error) {
        if (this.#options.signal.aborted) break;
        if (!passes(error) || ++failures >= mostTries) throw error;
        await this.#options.port.clock.sleep(100 * 2 ** failures, this.#options.signal).catch(() => {});
      }
    }
    return { ...this.#progress(), state: "stopped" };
  }

  /** Where it stands by the database's account, and how far there is to go by the broker's. */
  async #look(): Promise<void> {
    const { port, journal } = this.#options;
    this.#lanes = await inTransaction(port, (run) => journal.readLanes(run, this.#record.id));
    this.#heads = await this.#readHeads();
    this.#first ??= this.#heads;
    this.#tell();
  }

  async #readHeads(): Promise<Map<string, number>> {
    const channels = [...new Set(this.#lanes.map((lane) => lane.channel))];
    const spans = await Promise.all(channels.map((channel) => this.#options.broker.spans!(channel, 0)));
    return new Map(
      spans.flatMap((lanes, i) => lanes.map(({ lane, next }) => [`${channels[i]} ${lane}`, next] as const)),
    );
  }

  #behind(): ReplayLane[] {
    return this.#lanes.filter((lane) => lane.next < (this.#heads.get(keyOf(lane)) ?? 0));
  }

  async #batch(lane: ReplayLane): Promise<void> {
    const { port, rate } = this.#options;
    const paced = rate !== undefined && lane.next < (this.#first!.get(keyOf(lane)) ?? 0);
    if (paced) await this.#pause();
    if (this.#options.signal.aborted) return;
    const messages = await this.#read(
      lane,
      paced ? Math.min(batchSize, Math.max(1, Math.floor(rate / 5))) : batchSize,
    );
    const began = port.clock.now();
    const handled = await inTransaction(port, (_run, tx) => this.#hands.handle(tx, lane, messages), batchMs);
    if (paced) this.#notBefore = began + (1_000 * handled) / rate;
    this.#moved(lane, messages.at(-1)!.offset + 1, handled);
    this.#tell();
  }

  async #read(lane: ReplayLane, limit: number) {
    const messages = await this.#options.broker.read!(lane.channel, lane.lane, lane.next, limit);
    if (messages[0]?.offset !== lane.next) {
      throw new ReplayError(
        `Messages of ${lane.channel} were trimmed from the broker's log before the replay came to them`,
        "drop it with --abandon, and begin again from a later time",
      );
    }
    return messages;
  }

  /** Live reactions wait from here to the end of the transaction. False where too much came meanwhile. */
  async #swap(): Promise<boolean> {
    const { port, journal } = this.#options;
    const swapped = await inTransaction(
      port,
      async (run, tx) => {
        await journal.lockGenerations(run);
        // Everything that a live reaction has handled is in the log by now.
        this.#heads = await this.#readHeads();
        const left = this.#behind();
        const tail = left.reduce((sum, lane) => sum + this.#heads.get(keyOf(lane))! - lane.next, 0);
        if (tail > swapTail) return undefined;
        const moved: [ReplayLane, number, number][] = [];
        for (const lane of left) {
          const messages = await this.#read(lane, tail);
          moved.push([lane, messages.at(-1)!.offset + 1, await this.#hands.handle(tx, lane, messages)]);
        }
        await journal.swap(run, this.#record);
        return moved;
      },
      swapMs,
    ).catch(async (error: unknown) => {
      const now = await inTransaction(port, (run) => journal.readReplay(run));
      // A commit that was not answered may have happened: then there is nothing left to do.
      if (passes(error) && now?.id !== this.#record.id) return [];
      throw error;
    });
    for (const [lane, next, handled] of swapped ?? []) this.#moved(lane, next, handled);
    this.#tell();
    return swapped !== undefined;
  }

  #moved(lane: ReplayLane, next: number, handled: number): void {
    this.#lanes = this.#lanes.map((other) =>
      other === lane ? { ...lane, next, handled: lane.handled + handled } : other,
    );
  }

  async #pause(): Promise<void> {
    const { clock } = this.#options.port;
    const ms = this.#notBefore - clock.now();
    if (ms > 0) await clock.sleep(ms, this.#options.signal).catch(() => {});
  }

  #progress(): ReplayProgress {
    const sum = (of: (lane: ReplayLane) => number) =>
      this.#lanes.reduce((total, lane) => total + of(lane), 0);
    return {
      events: this.#record.events,
      tables: this.#record.tables,
      read: sum((lane) => lane.next - lane.start),
      total: sum((lane) => Math.max(lane.next, this.#heads.get(keyOf(lane)) ?? 0) - lane.start),
      handled: sum((lane) => lane.handled),
    };
  }

  #tell(): void {
    this.#options.onProgress?.(this.#progress());
  }
}

function keyOf({ channel, lane }: ReplayLane): string {
  return `${channel} ${lane}`;
}
