import { DeclaredError, StatusError, type StatusCode } from "kerf";
import { DatabaseError } from "../data/errors.ts";

/** How work ended that did not succeed. */
export interface Failure {
  /** `error.type`: a code that the contract declares, a status code, or the name of an error. */
  readonly type: string;
  /** Of an error that the contract declares: its code. */
  readonly declared?: string;
  /** Absent where it might hold somebody's data. */
  readonly message?: string;
  /** Whether the one who was asked is to blame, as OpenTelemetry has it for servers. */
  readonly fault: boolean;
}

/** Those that mark a server's span as failed: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ */
const faults: ReadonlySet<StatusCode> = new Set<StatusCode>([
  "UNKNOWN",
  "DEADLINE_EXCEEDED",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
]);

/** What may be told of an error: never its data, nor the text of what nobody meant for others. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DeclaredError) return { type: error.code, declared: error.code, fault: false };
  if (error instanceof StatusError)
    return { type: error.code, message: error.message, fault: faults.has(error.code) };
  if (error instanceof DatabaseError) return { type: error.sqlstate ?? error.kind, fault: true };
  return { type: error instanceof Error ? error.name : "unknown", fault: true };
}
