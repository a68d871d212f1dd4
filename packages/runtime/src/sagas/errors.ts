import { DeclaredError, StatusError, type StatusCode } from "kerf";
import type { SagaError } from "../journal/journal.ts";
import { Stopped, type Recorder } from "./recorder.ts";

/** The code of a saga and what is recorded of it do not agree any more. */
export function diverged(what: string): Stopped {
  return new Stopped(
    "parked",
    `it diverged: ${what}. Keep the old code under \`older\` and raise \`version\``,
  );
}

export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function toSagaError(error: unknown): SagaError {
  if (error instanceof DeclaredError)
    return { code: error.code, message: error.message, member: error.member, data: error.data };
  return error instanceof StatusError
    ? { code: error.code, message: error.message }
    : { code: "INTERNAL", message: describeError(error) };
}

export function fromSagaError(error: SagaError): DeclaredError | StatusError {
  return error.member === undefined
    ? new StatusError(error.code as StatusCode, error.message)
    : new DeclaredError(error.member, error.code, error.data);
}

/** Notes that it was the refusal of a step that can only go forward which parks the saga: a retry tries that step anew. */
export function noteRefusal(recorder: Recorder, failure: unknown): void {
  if (!(failure instanceof DeclaredError)) return;
  const { code, member } = failure;
  const step = recorder.inOrder.findLast((known) => {
    const error = known.output as SagaError | null;
    return (
      known.state === "failed" && known.commandId !== "" && error?.code === code && error.member === member
    );
  });
  if (step) recorder.put({ ...step, refusals: (step.refusals ?? 0) + 1 });
}
