import { DeclaredError, StatusError, type AnyCommand, type AnyQuery, type StepOptions } from "kerf";
import { hashValue } from "../journal/hash.ts";
import type { SagaError, StepRecord } from "../journal/journal.ts";
import { diverged, fromSagaError, toSagaError } from "./errors.ts";
import { Stopped } from "./recorder.ts";
import type { SagaRun } from "./run.ts";
import { mayTryAgain } from "./step-policy.ts";

/** One command of the saga: its start is committed with the end of the one before, then it is called until its outcome is known. */
export async function runStep(
  run: SagaRun,
  name: string,
  member: AnyCommand,
  given: unknown,
  options: StepOptions<any, any>,
): Promise<unknown> {
  if (run.unguarded !== undefined && !run.forwardOnly) {
    throw new Stopped(
      "parked",
      `its step "${run.unguarded}" is followed by "${name}" but has neither undo nor final: true`,
    );
  }
  const input = checkedInput(run, member, given, name);
  const inputHash = hashValue([member.id, input]);
  const known = run.recall(name, member.id, inputHash);
  const full = run.prefix + name;
  if (options.undo) run.undos.set(full, { member, input, undo: options.undo[0], undoInput: options.undo[1] });
  if (known?.state === "failed") throw fromSagaError(known.output as SagaError);
  if (known?.state !== "done" && known?.state !== "undone") {
    if (known === undefined) {
      if (run.recorder.state === "undoing" && run.prefix === "") {
        throw diverged(`its step "${name}" was never recorded, but it is being undone`);
      }
      const commandId = `${run.record.name}/${run.record.id}/${full}`;
      run.recorder.put({
        name: full,
        member: member.id,
        inputHash,
        commandId,
        state: "started",
        output: null,
      });
      await run.recorder.commit();
    }
    await settleStep(
      run,
      run.recorder.steps.get(full)!,
      member,
      input,
      run.forwardOnly || options.final === true,
    );
  }
  if (options.final) run.forwardOnly = true;
  if (!options.undo && !options.final && !run.forwardOnly) run.unguarded = name;
  return structuredClone(run.recorder.steps.get(full)!.output);
}

/** Calls a started step until its outcome is known, and records that. */
async function settleStep(
  run: SagaRun,
  step: StepRecord,
  member: AnyCommand,
  input: unknown,
  forward: boolean,
): Promise<void> {
  const { limits } = run.parts;
  try {
    let output: unknown;
    try {
      output = await run.attempt(member, input, step.commandId, step.at, forward ? Infinity : limits.stepMs);
    } catch (error) {
      if (error instanceof DeclaredError || !mayTryAgain(error)) throw error;
      // Its outcome is unknown: before anything is undone, the callee says what happened, and refuses a late arrival.
      output = await run.attempt(member, input, step.commandId, Date.now(), limits.undoMs, true);
    }
    run.recorder.put({ ...step, state: "done", output: output ?? null });
  } catch (error) {
    if (error instanceof DeclaredError || error instanceof StatusError) {
      run.recorder.put({ ...step, state: "failed", output: toSagaError(error) });
    }
    throw error;
  }
}

/** A query whose answer is recorded with the next commit. */
export async function runAsk(run: SagaRun, name: string, member: AnyQuery, given: unknown): Promise<unknown> {
  const input = checkedInput(run, member, given, name);
  const inputHash = hashValue([member.id, input]);
  const known = run.recall(name, member.id, inputHash);
  if (known?.state === "failed") throw fromSagaError(known.output as SagaError);
  if (known) return structuredClone(known.output);
  const record = { name: run.prefix + name, member: member.id, inputHash, commandId: "" };
  try {
    const output = await run.attempt(member, input, undefined, Date.now(), run.parts.limits.stepMs);
    run.recorder.put({ ...record, state: "done", output });
    return structuredClone(output);
  } catch (error) {
    if (error instanceof DeclaredError || error instanceof StatusError) {
      run.recorder.put({ ...record, state: "failed", output: toSagaError(error) });
    }
    throw error;
  }
}

function checkedInput(run: SagaRun, member: AnyQuery | AnyCommand, given: unknown, name: string): unknown {
  const checked = run.parts.port.validatorOf(member)(given);
  if (checked.ok) return checked.value;
  const violations = checked.violations.map((v) => `${v.path} ${v.message}`.trim()).join("; ");
  throw new StatusError(
    "INVALID_ARGUMENT",
    `the input of the step "${name}" does not fit ${member.id}: ${violations}`,
  );
}
