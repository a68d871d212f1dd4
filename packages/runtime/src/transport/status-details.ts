import { DeclaredError, StatusError, type StatusCode, statusNumbers, type Violation } from "kerf";
import { type MessageCodec, type MethodCodec, MalformedMessage, MessageTooLarge } from "../proto/index.ts";
import { compile } from "../proto/codec.ts";
import { group, wireMessage } from "../proto/wire-message.ts";
import { MAX_ERROR_BYTES, MAX_TEXT, MAX_VIOLATIONS } from "./limits.ts";
import { type WireDetail, WireFailure } from "./wire.ts";

// https://google.aip.dev/193: google/rpc/status.proto and error_details.proto
const errorInfoType = wireMessage("ErrorInfo", { reason: [1, "string"], domain: [2, "string"] });
const violationType = wireMessage("FieldViolation", { field: [1, "string"], description: [2, "string"] });
const badRequestType = wireMessage("BadRequest", { field_violations: [1, [violationType]] });
const durationType = wireMessage("Duration", { seconds: [1, "int64"], nanos: [2, "int64"] });
const retryInfoType = wireMessage("RetryInfo", { retry_delay: [1, durationType] });

const codecs = compile([group([errorInfoType, badRequestType, retryInfoType])]);
/** The domain of what is no declared error. */
const statusDomain = "kerf";
const typePrefix = "type.googleapis.com/google.rpc.";

interface ErrorInfo {
  readonly reason: string;
  readonly domain: string;
}
interface BadRequest {
  readonly field_violations: readonly { readonly field: string; readonly description: string }[];
}
interface RetryInfo {
  readonly retry_delay?: { readonly seconds: number; readonly nanos: number };
}

const codesByNumber = new Map(
  Object.entries(statusNumbers).map(([code, number]) => [number as number, code as StatusCode]),
);

/** The name of a status code; UNKNOWN for a number that has none. */
export function statusCodeOf(number: number): StatusCode {
  return codesByNumber.get(number) ?? "UNKNOWN";
}

/** An error as a status with details (https://grpc.io/docs/guides/error/). */
export function encodeFailure(error: unknown, codec: MethodCodec): WireFailure {
  return error instanceof DeclaredError
    ? declaredFailure(error, codec)
    : statusFailure(StatusError.from(error));
}

function declaredFailure(error: DeclaredError, { method, errors }: MethodCodec): WireFailure {
  const codec = error.member === method.member ? errors.get(error.code) : undefined;
  if (!codec) {
    const text = `it failed with ${error.member} ${error.code}, which ${method.member} does not declare`;
    return statusFailure(new StatusError("INTERNAL", text));
  }
  let value: Buffer;
  try {
    value = codec.encode(error.data);
  } catch (problem) {
    if (problem instanceof MessageTooLarge) return statusFailure(errorTooLarge(error.member, error.code));
    throw problem;
  }
  if (value.length > MAX_ERROR_BYTES) return statusFailure(errorTooLarge(error.member, error.code));
  const info = any("ErrorInfo", codecs(errorInfoType), { reason: error.code, domain: error.member });
  return failure("FAILED_PRECONDITION", error.message, [info, { typeUrl: codec.typeUrl, value }]);
}

/** What a caller is told where the data of a declared error does not fit into trailers. */
export function errorTooLarge(member: string, code: string): StatusError {
  return new StatusError(
    "RESOURCE_EXHAUSTED",
    `${member} failed with ${code}, whose data is over ${MAX_ERROR_BYTES.toLocaleString("en")} bytes: ` +
      "keep the data of errors short",
  );
}

function statusFailure(error: StatusError): WireFailure {
  const info = any("ErrorInfo", codecs(errorInfoType), { reason: error.code, domain: statusDomain });
  const details: WireDetail[] = [info];
  if (error.violations.length > 0) {
    const field_violations = error.violations
      .slice(0, MAX_VIOLATIONS)
      .map(({ path, message }) => ({ field: clip(path), description: clip(message) }));
    details.push(any("BadRequest", codecs(badRequestType), { field_violations }));
  }
  if (error.retryAfterMs !== undefined) {
    const ms = Math.max(0, Math.ceil(error.retryAfterMs));
    const retry_delay = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
    details.push(any("RetryInfo", codecs(retryInfoType), { retry_delay }));
  }
  return failure(error.code, error.message, details);
}

function failure(code: StatusCode, text: string, details: readonly WireDetail[]): WireFailure {
  return new WireFailure(statusNumbers[code], clip(text), details);
}

function any(name: string, codec: MessageCodec, value: unknown): WireDetail {
  return { typeUrl: `${typePrefix}${name}`, value: codec.encode(value) };
}

/** A surrogate cut in two would be no Unicode. */
function clip(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT).toWellFormed()}…`;
}

/**
 * The error that a failure stands for, as it was thrown on the other side.
 * Undefined where the failure carries no details: it then comes from the connection, or from a foreign server.
 */
export function decodeFailure(
  failed: WireFailure,
  codec: MethodCodec,
): DeclaredError | StatusError | undefined {
  if (failed.details.length === 0) return undefined;
  try {
    return declaredError(failed, codec) ?? statusError(failed);
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

function declaredError({ details }: WireFailure, { method, errors }: MethodCodec): DeclaredError | undefined {
  const info = find<ErrorInfo>(details, "ErrorInfo", codecs(errorInfoType));
  if (info?.domain !== method.member) return undefined;
  const codec = errors.get(info.reason);
  const data = details.find(({ typeUrl }) => typeUrl === codec?.typeUrl);
  return codec && data && new DeclaredError(method.member, info.reason, codec.decode(data.value));
}

function statusError({ code, details, message }: WireFailure): StatusError {
  const bad = find<BadRequest>(details, "BadRequest", codecs(badRequestType));
  const retry = find<RetryInfo>(details, "RetryInfo", codecs(retryInfoType))?.retry_delay;
  const violations = bad?.field_violations.map(({ field, description }): Violation => ({
    path: field,
    message: description,
  }));
  return new StatusError(statusCodeOf(code), message, {
    ...(violations && { violations }),
    ...(retry && { retryAfterMs: retry.seconds * 1_000 + retry.nanos / 1_000_000 }),
  });
}

function find<T>(details: readonly WireDetail[], name: string, codec: MessageCodec): T | undefined {
  const found = details.find(({ typeUrl }) => typeUrl === `${typePrefix}${name}`);
  return found && (codec.decode(found.value) as T);
}
