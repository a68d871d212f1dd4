import { DeclaredError, StatusError, type AnyCommand, type AnyQuery, type StepOptions } from "kerf";
import { crashpoint } from "../crashpoint/crashpoint.ts";
import { hashValue } from "../journal/hash.ts";
import type { SagaError, StepRecord } from "../journal/journal.ts";
import { diverged, fromSagaError, toSagaError } from "./errors.ts";
import { Stopped } from "./recorder.ts";
import { Halted } from "./rest.ts";
import type { LiveSaga } from "./live-saga.ts";
import { mayTryAgain, nextId } from "./step-policy.ts";

/** One command of the saga: its start is committed with the end of the one before, then it is called until its outcome is known. */
export async function runStep(
  run: LiveSaga,
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
  if (known === undefined || known.state === "started") {
    if (known === undefined) {
      if (run.recorder.state === "undoing" && run.prefix === "") await beyondRecord(run, name);
      const commandId = `${run.record.name}/${run.record.id}/${full}`;
      run.recorder.put({
        name: full,
        member: member.id,
        inputHash,
        commandId,
        state: "started",
        input,
        output: null,
      });
      await run.recorder.commit();
    }
    await run.spans.step(full, "do", (traceparent) =>
      settleStep(run, {
        step: run.recorder.steps.get(full)!,
        member,
        input,
        forward: run.forwardOnly || options.final === true,
        resumed: known !== undefined,
        traceparent,
      }),
    );
  }
  if (options.final) run.forwardOnly = true;
  if (!options.undo && !options.final && !run.forwardOnly) run.unguarded = name;
  return structuredClone(run.recorder.steps.get(full)!.output);
}

/**
 * A branch that goes on beyond what is recorded while the saga is being undone: another branch is about to fail as it
 * did before, and ends this wait. Where none does, the code has changed.
 */
async function beyondRecord(run: LiveSaga, name: string): Promise<void> {
  await run.parts.port.clock.sleep(1_000);
  if (run.failing) throw new Halted();
  throw diverged(`its step "${name}" was never recorded, but it is being undone`);
}

interface Do {
  readonly step: StepRecord;
  readonly member: AnyCommand;
  readonly input: unknown;
  /** Only forward from here: it is tried for ever. */
  readonly forward: boolean;
  /** It may have been tried before. */
  readonly resumed: boolean;
  readonly traceparent: string;
}

/** Calls a started step until its outcome is known, and records that. */
async function settleStep(run: LiveSaga, what: Do): Promise<void> {
  const { step } = what;
  try {
    const output = await outcomeOf(run, what);
    crashpoint("saga.step.called");
    run.recorder.put({ ...step, state: "done", output: output ?? null });
  } catch (error) {
    if (error instanceof DeclaredError || error instanceof StatusError) {
      run.recorder.put({ ...step, state: "failed", output: toSagaError(error) });
    }
    throw error;
  }
}

async function outcomeOf(run: LiveSaga, what: Do): Promise<unknown> {
  const { step, member, input, forward, resumed, traceparent } = what;
  const { stepMs, undoMs } = run.parts.limits;
  const tries = { id: nextId(step), since: step.at, traceparent };
  let tried = resumed;
  let refusal: StatusError;
  try {
    const limitMs = forward ? Infinity : stepMs;
    return await run.attempt(member, input, { ...tries, limitMs, onRetry: () => (tried = true) });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    refusal = error;
  }
  // What one try is told says nothing of the others, which may be under way: before anything is undone, the callee says
  // what happened, and refuses a late arrival.
  try {
    const limitMs = stepMs + undoMs;
    return await run.attempt(member, input, { ...tries, limitMs, settle: true });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (error.code === "NOT_FOUND" || (!tried && !mayTryAgain(refusal))) throw refusal;
    throw new Stopped(
      "parked",
      `what became of its step "${step.name}" cannot be learnt: ${refusal.message}; then ${error.message}`,
    );
  }
}

/** A query whose answer is recorded with the next commit. */
export async function runAsk(
  run: LiveSaga,
  name: string,
  member: AnyQuery,
  given: unknown,
): Promise<unknown> {
  const input = checkedInput(run, member, given, name);
  const inputHash = hashValue([member.id, input]);
  const known = run.recall(name, member.id, inputHash);
  if (known?.state === "failed") throw fromSagaError(known.output as SagaError);
  if (known) return structuredClone(known.output);
  const record = { name: run.prefix + name, member: member.id, inputHash, commandId: "", input };
  try {
    const output = await run.spans.step(record.name, "do", (traceparent) =>
      run.attempt(member, input, {
        id: undefined,
        since: run.parts.port.clock.now(),
        limitMs: run.parts.limits.stepMs,
        traceparent,
      }),
    );
    run.recorder.put({ ...record, state: "done", output });
    return structuredClone(output);
  } catch (error) {
    if (error instanceof DeclaredError || error instanceof StatusError) {
      run.recorder.put({ ...record, state: "failed", output: toSagaError(error) });
    }
    throw error;
  }
}

function checkedInput(run: LiveSaga, member: AnyQuery | AnyCommand, given: unknown, name: string): unknown {
  const checked = run.parts.port.validatorOf(member)(given);
  if (checked.ok) return checked.value;
  const violations = checked.violations.map((v) => `${v.path} ${v.message}`.trim()).join("; ");
  throw new StatusError(
    "INVALID_ARGUMENT",
    `the input of the step "${name}" does not fit ${member.id}: ${violations}`,
  );
}
