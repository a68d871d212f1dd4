import type { AnyCommand, AnyQuery, ErrorCode } from "./members.ts";
import type { AnyStream } from "./stream.ts";
import type { Taken } from "./schema.ts";

/** The status codes of gRPC, by name (https://grpc.io/docs/guides/status-codes/). Numbers are their wire values. */
export const statusNumbers = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type StatusCode = keyof typeof statusNumbers;

/** One complaint about one field of an input. `path` is dotted, "" for the whole. */
export interface Violation {
  readonly path: string;
  readonly message: string;
}

/**
 * Anything that went wrong and is not an error the contract declares.
 *
 * DEADLINE_EXCEEDED and UNAVAILABLE do not mean that it did not happen: repeat a command with the same id to know.
 */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: StatusCode;
  readonly violations: readonly Violation[];
  /** Asks the caller to wait this long before another try; set on RESOURCE_EXHAUSTED. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: StatusCode,
    message: string,
    options: { cause?: unknown; violations?: readonly Violation[]; retryAfterMs?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.violations = options.violations ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Keeps a status error as it is and makes anything else INTERNAL, without its text: that may hold secrets. */
  static from(error: unknown): StatusError {
    return error instanceof StatusError
      ? error
      : new StatusError("INTERNAL", "the handler failed unexpectedly; its log has the cause", {
          cause: error,
        });
  }
}

/** An error that the contract declares: a typed value, the same on both sides of a process boundary. */
export class DeclaredError extends Error {
  override readonly name = "DeclaredError";
  /** The member that declares it, as `"inventory@1.reserve"`. */
  readonly member: string;
  readonly code: string;
  readonly data: unknown;

  constructor(member: string, code: string, data: unknown) {
    super(`${member} failed: ${code}`);
    this.member = member;
    this.code = code;
    this.data = data;
  }
}

type Callable = AnyQuery | AnyCommand | AnyStream;

/** A declared error of `M` with a known code. */
export type Failure<M extends Callable, C extends ErrorCode<M> = ErrorCode<M>> = {
  [K in C]: DeclaredError & { readonly code: K; readonly data: Taken<M["errors"][K]> };
}[C];

/** Tells whether `error` is a declared error of `member` (with that code): `if (failed(e, inventory.reserve, "OutOfStock")) e.data.left`. */
export function failed<M extends Callable, C extends ErrorCode<M> = ErrorCode<M>>(
  error: unknown,
  member: M,
  code?: C,
): error is Failure<M, C> {
  return (
    error instanceof DeclaredError &&
    error.member === member.id &&
    (code === undefined || error.code === code)
  );
}

/** What became of a call, as a value. `code` is a declared code or a {@link StatusCode}. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly error: DeclaredError | StatusError };

/** Turns a promise that may throw into a value: `const r = await outcome(call(…)); if (!r.ok) switch (r.code) {…}`. */
export async function outcome<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await promise };
  } catch (error) {
    const known = error instanceof DeclaredError ? error : StatusError.from(error);
    return { ok: false, code: known.code, error: known };
  }
}
