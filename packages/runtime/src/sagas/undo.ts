import { DeclaredError } from "kerf";
import type { StepRecord } from "../journal/journal.ts";
import { diverged } from "./errors.ts";
import type { LiveSaga } from "./live-saga.ts";
import { Stopped } from "./recorder.ts";
import { nextId } from "./step-policy.ts";

/**
 * Takes back every step that was done, in reverse of their start. Each is tried for ever, and parked for a person when
 * it has failed for a day: a compensation is never dropped.
 */
export async function undoAll(run: LiveSaga): Promise<void> {
  const { recorder } = run;
  const left = recorder.inOrder.toReversed().filter((step) => isDone(step));
  begin(run, left[0]);
  await recorder.commit();
  for (const [i, step] of left.entries()) {
    await undo(run, step);
    recorder.put({ ...step, state: "undone" });
    begin(run, left[i + 1]);
    await recorder.commit();
  }
}

function isDone(step: StepRecord): boolean {
  if (step.commandId === "" || step.name.startsWith("refused: ")) return false;
  if (step.state === "started") throw diverged(`its recorded step "${step.name}" was not reached`);
  return step.state === "done" || step.state === "undoing";
}

/** Keeps when an undo began, so that its day does not begin again with every resumption. */
function begin(run: LiveSaga, step: StepRecord | undefined): void {
  if (step?.state === "done") run.recorder.put({ ...step, state: "undoing", at: run.parts.port.clock.now() });
}

async function undo(run: LiveSaga, step: StepRecord): Promise<void> {
  const how = run.undos.get(step.name);
  if (!how) throw new Stopped("parked", `it must be undone, but its step "${step.name}" has no undo`);
  const input =
    typeof how.undoInput === "function" ? how.undoInput(structuredClone(step.output)) : how.undoInput;
  try {
    await run.spans.step(step.name, "undo", (traceparent) =>
      run.attempt(how.undo, input, {
        id: nextId(step, "!undo"),
        since: step.at,
        limitMs: run.parts.limits.undoMs,
        traceparent,
      }),
    );
  } catch (error) {
    if (error instanceof Stopped) throw error;
    if (error instanceof DeclaredError) run.recorder.put({ ...step, refusals: (step.refusals ?? 0) + 1 });
    const what =
      error instanceof DeclaredError ? `was refused (${error.code})` : `failed: ${(error as Error).message}`;
    throw new Stopped("parked", `the undo of its step "${step.name}" ${what}`);
  }
}
