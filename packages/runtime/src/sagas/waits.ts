import type { AnyEvent } from "kerf";
import type { Mailbox } from "../journal/journal.ts";
import { Stopped } from "./recorder.ts";
import type { SagaRun } from "./run.ts";

/** Waits, durably: the moment of waking is recorded, so that a crash does not start the wait again. */
export async function runSleep(run: SagaRun, name: string, ms: number): Promise<void> {
  const known = run.recall(name, "$sleep", String(ms));
  if (known?.state === "done") return;
  const step =
    known ??
    run.recorder.put({
      name: run.prefix + name,
      member: "$sleep",
      inputHash: String(ms),
      commandId: "",
      state: "started",
      output: Date.now() + ms,
    });
  if (!known) await run.recorder.commit();
  const left = (step.output as number) - Date.now();
  if (left > 0) await run.pause(left);
  run.recorder.put({ ...step, state: "done" });
}

/** The recorded end of a wait: which message it took, so that no other wait takes it too. */
interface Taken {
  readonly messageId: string;
  readonly data: unknown;
}

/** The oldest event of the mailbox that no wait has taken, or undefined when its time is over. Waits outside of memory. */
export async function runWaitFor(run: SagaRun, name: string, event: AnyEvent, ms: number): Promise<unknown> {
  const known = run.recall(name, event.id, String(ms));
  if (known?.state === "done") return structuredClone((known.output as Taken | null)?.data);
  const step =
    known ??
    run.recorder.put({
      name: run.prefix + name,
      member: event.id,
      inputHash: String(ms),
      commandId: "",
      state: "started",
      output: { until: Date.now() + ms },
    });
  if (!known) await run.recorder.commit();
  const { until } = step.output as { until: number };
  const taken = new Set(
    run.recorder.inOrder
      .filter((s) => s.member === event.id && s.state === "done")
      .map((s) => (s.output as Taken | null)?.messageId),
  );
  const { items, seen } = await mailOf(run);
  const mail = items.find((item) => item.event === event.id && !taken.has(item.messageId));
  if (mail) {
    run.recorder.put({
      ...step,
      state: "done",
      output: { messageId: mail.messageId, data: mail.data } satisfies Taken,
    });
    return structuredClone(mail.data);
  }
  const left = until - Date.now();
  if (left > 0) {
    await run.recorder.commit({ resumeInMs: left, seenMail: seen });
    run.parts.due(left);
    return run.stop(new Stopped("suspended", "it waits for an event"));
  }
  run.recorder.put({ ...step, state: "done", output: null });
  return undefined;
}

async function mailOf(run: SagaRun): Promise<Mailbox> {
  const { database, journal } = run.parts.port.storage!;
  const tx = database.open({ readOnly: true, deadlineAt: Date.now() + 10_000 });
  try {
    const mail = await journal.readMail(tx.run, run.record.name, run.record.id);
    await tx.commit();
    return mail;
  } catch (error) {
    await tx.rollback();
    throw error;
  }
}

/** Waits for every branch; throws the first failure in the order in which they were given. */
export async function runAll(branches: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const ends = await Promise.allSettled(branches.map((branch) => branch()));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return ends.map((end) => (end as PromiseFulfilledResult<unknown>).value);
}

/** Something that would differ on a second run: made once, and recorded with the next commit. */
export async function recorded<T>(
  run: SagaRun,
  kind: "$now" | "$uuid" | "$random",
  make: () => T,
): Promise<T> {
  const name = `${kind} ${++run.counter}`;
  const known = run.recall(name, kind, "");
  if (known) return known.output as T;
  const output = make();
  run.recorder.put({
    name: run.prefix + name,
    member: kind,
    inputHash: "",
    commandId: "",
    state: "done",
    output,
  });
  return output;
}
