import {
  DeclaredError,
  StatusError,
  type AnyCommand,
  type AnyQuery,
  type HttpOperation,
  type StatusCode,
} from "kerf";
import { compileValidator } from "../validate/index.ts";

/** What came back: the body as text, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** @throws DeclaredError | StatusError */
export type Decode = (answer: HttpAnswer) => unknown;

/**
 * Makes what turns answers into a member's output or errors. What is documented is believed only as far as it fits the
 * contract.
 */
export function decoder(member: AnyQuery | AnyCommand, operation: HttpOperation): Decode {
  const output = compileValidator(member.output, { unknownFields: "drop", enums: "open" });
  const errors = new Map(
    Object.entries(operation.errors ?? {}).map(([status, code]) => {
      const validate = compileValidator(member.errors[code]!, { unknownFields: "drop", enums: "open" });
      return [Number(status), { code, validate }] as const;
    }),
  );

  return (answer) => {
    const { status } = answer;
    if (status >= 200 && status < 300) {
      const value = answer.body === "" ? {} : parse(answer, member.id);
      const checked = output(operation.answer === undefined ? value : { [operation.answer]: value });
      if (checked.ok) return checked.value;
      const told = checked.violations.map((each) => `${each.path} ${each.message}`.trim()).join("; ");
      throw new StatusError("INTERNAL", `the answer to ${member.id} does not fit its contract: ${told}`);
    }
    const declared = errors.get(status);
    if (declared !== undefined) {
      const checked = declared.validate(answer.body === "" ? {} : parseOr(answer, {}));
      if (checked.ok) throw new DeclaredError(member.id, declared.code, checked.value);
    }
    throw statusErrorOf(answer, member.id);
  };
}

/** Statuses that mean the same to every caller; any other is a failure of the service, or of how it is asked. */
const codes: { readonly [status: number]: StatusCode } = {
  400: "INVALID_ARGUMENT",
  404: "NOT_FOUND",
  409: "FAILED_PRECONDITION",
  410: "NOT_FOUND",
  412: "FAILED_PRECONDITION",
  422: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  501: "UNIMPLEMENTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "UNAVAILABLE",
};

/** What a foreign service writes is not repeated: it may hold anything. */
function statusErrorOf({ status, retryAfter }: HttpAnswer, id: string): StatusError {
  const retryAfterMs = retryAfterOf(retryAfter);
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 401 || status === 403)
    return new StatusError(
      "INTERNAL",
      `${id} was refused with ${status}: the key of this application is not accepted`,
    );
  if (status >= 300 && status < 400)
    return new StatusError(
      "INTERNAL",
      `${id} was answered with a redirect (${status}), which is never followed`,
    );
  return new StatusError(codes[status] ?? "INTERNAL", `${id} was answered with ${status}`, options);
}

/** Seconds or a date (RFC 9110 section 10.2.3). */
function retryAfterOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function parse(answer: HttpAnswer, id: string): unknown {
  const found = parseOr(answer, undefined);
  if (found !== undefined) return found;
  const type = answer.contentType.split(";")[0]!.trim() || "no type";
  throw new StatusError("INTERNAL", `${id} was answered with what is not JSON (${type})`);
}

function parseOr({ body, contentType }: HttpAnswer, otherwise: unknown): unknown {
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType)) return otherwise;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return otherwise;
  }
}
