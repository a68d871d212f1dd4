import { DeclaredError, StatusError, type StatusCode } from "kerf";
import type { SagaError } from "../journal/journal.ts";
import { Stopped } from "./recorder.ts";

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
