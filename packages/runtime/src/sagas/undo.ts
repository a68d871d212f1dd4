import { DeclaredError, type AnyCommand } from "kerf";
import type { SagaRun } from "./run.ts";
import { Stopped } from "./recorder.ts";

/** How to take a step back. */
export interface Undo {
  readonly member: AnyCommand;
  readonly input: unknown;
  readonly undo: AnyCommand;
  readonly undoInput: unknown;
}

/**
 * Takes back every step that was done, in reverse of their start. Each is tried for ever, and parked for a person when
 * it has failed for a day: a compensation is never dropped.
 */
export async function undoAll(run: SagaRun): Promise<void> {
  const { recorder } = run;
  await recorder.commit();
  for (const step of recorder.inOrder.toReversed()) {
    if (step.state !== "done" || step.commandId === "" || step.name.startsWith("refused: ")) continue;
    const undo = run.undos.get(step.name);
    if (!undo) throw new Stopped("parked", `it must be undone, but its step "${step.name}" has no undo`);
    const input =
      typeof undo.undoInput === "function" ? undo.undoInput(structuredClone(step.output)) : undo.undoInput;
    try {
      await run.attempt(
        undo.undo,
        input,
        `${step.commandId}!undo`,
        step.at,
        run.parts.limits.undoMs + (Date.now() - step.at),
      );
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const what =
        error instanceof DeclaredError
          ? `was refused (${error.code})`
          : `failed: ${(error as Error).message}`;
      throw new Stopped("parked", `the undo of its step "${step.name}" ${what}`);
    }
    recorder.put({ ...step, state: "undone" });
    await recorder.commit();
  }
}
