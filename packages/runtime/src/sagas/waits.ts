import { typesOf, type AnyEvent } from "kerf";
import { crashpoint } from "../crashpoint/crashpoint.ts";
import { eventReader } from "../events/read-event.ts";
import { nextInBranch } from "./branches.ts";
import type { LiveSaga } from "./live-saga.ts";

/** Waits, durably: the moment of waking is recorded, so that a crash does not start the wait again. */
export async function runSleep(run: LiveSaga, name: string, ms: number): Promise<void> {
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
      output: run.parts.port.clock.now() + ms,
    });
  if (!known) await run.recorder.commit();
  const left = (step.output as number) - run.parts.port.clock.now();
  if (left > 0) await run.pause(left);
  crashpoint("saga.woken");
  run.recorder.put({ ...step, state: "done" });
}

/** The recorded end of a wait: which message it took, so that no other wait takes it too. */
interface Taken {
  readonly messageId: string;
  /** As its mail had them, and its data; absent in records that are older. */
  readonly type?: string;
  readonly version?: number;
  readonly data: unknown;
}

function takenBefore(taken: Taken | null, event: AnyEvent): unknown {
  if (taken === null) return undefined;
  return eventReader(event)({ ...taken, type: taken.type ?? event.id });
}

/** The oldest event of the mailbox that no wait has taken, or undefined when its time is over. */
export async function runWaitFor(run: LiveSaga, name: string, event: AnyEvent, ms: number): Promise<unknown> {
  const known = run.recall(name, event.id, String(ms), typesOf(event));
  if (known?.state === "done") return takenBefore(known.output as Taken | null, event);
  const step =
    known ??
    run.recorder.put({
      name: run.prefix + name,
      member: event.id,
      inputHash: String(ms),
      commandId: "",
      state: "started",
      output: { until: run.parts.port.clock.now() + ms },
    });
  if (!known) await run.recorder.commit();
  const { until } = step.output as { until: number };
  const types = new Set(typesOf(event));
  for (;;) {
    const { items, seen } = await run.recorder.mail();
    const taken = new Set(
      run.recorder.inOrder
        .filter((s) => types.has(s.member) && s.state === "done")
        .map((s) => (s.output as Taken | null)?.messageId),
    );
    const mail = items.find((item) => types.has(item.event) && !taken.has(item.messageId));
    if (mail) {
      const { messageId, version = 1, data } = mail;
      const output: Taken = { messageId, type: mail.event, version, data };
      run.recorder.put({ ...step, state: "done", output });
      return eventReader(event)({ type: mail.event, version, data });
    }
    const left = until - run.parts.port.clock.now();
    if (left <= 0) {
      run.recorder.put({ ...step, state: "done", output: null });
      return undefined;
    }
    await run.pause(left, seen);
  }
}

/** Something that would differ on a second run: made once, and recorded with the next commit. */
export async function recorded<T>(
  run: LiveSaga,
  kind: "$now" | "$uuid" | "$random",
  make: () => T,
): Promise<T> {
  const name = `${kind} ${nextInBranch(kind)}`;
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
