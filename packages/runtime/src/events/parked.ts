import { crashAround } from "../crashpoint/crashpoint.ts";
import type { Run } from "../data/transaction.ts";
import type { ParkedMessage } from "../journal/journal.ts";
import type { ServicePort } from "../service/port.ts";
import { causeOf } from "./cause.ts";
import { decodeEnvelope } from "./envelope.ts";
import { outOfReach, reasonOf, type Inbox } from "./inbox.ts";
import { giveUpMs, slowPauseMs } from "./ladder.ts";
import { inTransaction } from "../work/in-transaction.ts";
import { NotForThisReplica } from "./read-event.ts";

/** Longer than any reaction may take: a claim is not taken over while its work goes on. */
const hideMs = 60_000;

/** Tries parked messages again whose time has come, the first of each key, until none is due. */
export async function retryParked(
  port: ServicePort,
  inbox: Inbox,
  due: (inMs: number) => void,
  signal: AbortSignal,
  limitMs = giveUpMs,
): Promise<void> {
  for (;;) {
    const { journal } = port.storage!;
    const claimed = await inTransaction(port, (run) =>
      journal.claimParked(run, port.effects.worker!, 20, hideMs),
    );
    if (claimed.length === 0) return;
    const others = await inTransaction(port, (run) => journal.heardByOthers(run, port.effects.worker!));
    const ends = await Promise.allSettled(
      claimed.map((message) => retry(port, inbox, due, message, others, signal, limitMs)),
    );
    const failed = ends.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
  }
}

async function retry(
  port: ServicePort,
  inbox: Inbox,
  due: (inMs: number) => void,
  message: ParkedMessage,
  others: ReadonlySet<string>,
  signal: AbortSignal,
  limitMs: number,
): Promise<void> {
  const { journal } = port.storage!;
  const worker = port.effects.worker!;
  try {
    signal.throwIfAborted();
    const also = (run: Run) => journal.unpark(run, worker, message.parkedId);
    await inbox.handle(message, signal, { also, others, attempt: message.attempts + 1 });
  } catch (error) {
    // That was no try. Another process goes on with it at once, or, where the database is away, when it is shown again.
    if (outOfReach(error) || signal.aborted) {
      await inTransaction(port, (run) => journal.unclaimParked(run, worker, message.parkedId)).catch(
        () => {},
      );
      return;
    }
    const text = reasonOf(error);
    if (message.attempts > 0 && message.failingForMs >= limitMs) {
      const { type } = decodeEnvelope(message.body);
      const cause = causeOf(type, text);
      await crashAround("dead-letter", () =>
        inTransaction(port, (run) => journal.bury(run, worker, message.parkedId, text, cause)),
      );
      port.log.error(
        { channel: message.channel, key: message.key, messageId: message.id, member: type, cause },
        `a dead letter: ${text}`,
      );
    } else {
      // A newer replica need not wait for as long as one that has the same code: whoever comes first tries.
      const attempts = error instanceof NotForThisReplica ? 0 : message.attempts;
      const pauseMs = Math.round(slowPauseMs(attempts, () => port.clock.random()));
      await inTransaction(port, (run) => journal.postpone(run, worker, message.parkedId, text, pauseMs));
      due(pauseMs);
    }
  }
}
