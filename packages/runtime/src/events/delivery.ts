import type { Delivered } from "../broker/broker.ts";
import { crashAround, crashpoint } from "../crashpoint/crashpoint.ts";
import type { ServicePort } from "../service/port.ts";
import { fastMs, fastPausesMs, slowPauseMs } from "./ladder.ts";
import { outOfReach, reasonOf, type Inbox } from "./inbox.ts";
import { NotForThisReplica } from "./read-event.ts";

/** How many keys of one batch are worked on at once. */
const keysAtOnce = 8;

/**
 * Takes the messages of one lane from the broker: in order per key, several keys at once. A message that keeps
 * failing moves to the service's database, with all later ones of its key behind it; the others flow.
 */
export function delivery(
  port: ServicePort,
  inbox: Inbox,
  due: (inMs: number) => void,
): (messages: readonly Delivered[], signal: AbortSignal) => Promise<void> {
  return async (messages, signal) => {
    const { blocked, others, parked } = await readState(port, messages);
    crashpoint("receive.after");
    // One that came before, and was put aside, is not for here any more: it may be a dead letter, or dropped.
    const left = messages.filter((m) => !parked.has(m.id));
    const byKey = Map.groupBy(left, (m) => m.key);
    const queues = [...byKey.values()];
    const workers = Array.from({ length: Math.min(keysAtOnce, queues.length) }, async () => {
      for (let queue = queues.shift(); queue; queue = queues.shift()) {
        await deliverKey(port, inbox, due, queue, blocked.has(queue[0]!.key), others, signal);
      }
    });
    const ends = await Promise.allSettled(workers);
    const failed = ends.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
  };
}

async function deliverKey(
  port: ServicePort,
  inbox: Inbox,
  due: (inMs: number) => void,
  queue: readonly Delivered[],
  blocked: boolean,
  others: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const behind = "an earlier message of its key waits";
  if (blocked) return park(port, queue, behind, 0, false);
  for (const [index, message] of queue.entries()) {
    const error = await tryFast(port, inbox, message, others, signal);
    if (error === undefined) continue;
    port.log.warn(
      { err: error, channel: message.channel, key: message.key, messageId: message.id },
      "a message keeps failing; it waits in this service's database and is tried again",
    );
    const pauseMs = slowPauseMs(0, () => port.clock.random());
    await park(port, queue.slice(index), reasonOf(error), pauseMs, true);
    return due(pauseMs);
  }
}

async function tryFast(
  { clock }: ServicePort,
  inbox: Inbox,
  message: Delivered,
  others: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<unknown> {
  let last: unknown;
  const until = clock.now() + fastMs;
  for (const [tried, pauseMs] of fastPausesMs.entries()) {
    if (clock.now() > until) break;
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    signal.throwIfAborted();
    try {
      await crashAround("handle", () => inbox.handle(message, signal, { others, attempt: tried + 1 }));
      return undefined;
    } catch (error) {
      if (outOfReach(error) || signal.aborted) throw error;
      last = error ?? new Error("it failed without a reason");
      if (error instanceof NotForThisReplica) break;
    }
  }
  return last;
}

/** The keys behind which messages must queue, those that were put aside, and the types that only other replicas may know. */
async function readState(
  port: ServicePort,
  messages: readonly Delivered[],
): Promise<{
  readonly blocked: ReadonlySet<string>;
  readonly others: ReadonlySet<string>;
  readonly parked: ReadonlySet<string>;
}> {
  const { channel } = messages[0]!;
  const { database, journal } = port.storage!;
  const tx = database.open({ readOnly: true, deadlineAt: port.clock.now() + 10_000 });
  try {
    const [blocked, others, parked] = await Promise.all([
      journal.blockedKeys(tx.run, channel),
      journal.heardByOthers(tx.run, port.effects.worker!),
      journal.parkedIds(
        tx.run,
        channel,
        messages.map((m) => m.id),
      ),
    ]);
    await tx.commit();
    return { blocked, others, parked };
  } catch (error) {
    await tx.rollback();
    throw error;
  }
}

async function park(
  port: ServicePort,
  messages: readonly Delivered[],
  error: string,
  nextInMs: number,
  firstFailed: boolean,
): Promise<void> {
  const { database, journal } = port.storage!;
  const tx = database.open({ deadlineAt: port.clock.now() + 10_000 });
  try {
    await journal.park(tx.run, messages, error, Math.round(nextInMs), firstFailed);
    await crashAround("park", () => tx.commit());
  } catch (failed) {
    await tx.rollback();
    throw failed;
  }
}
