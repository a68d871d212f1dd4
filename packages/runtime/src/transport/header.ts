import { StatusError } from "kerf";
import type { Bearer } from "../authority/call-token.ts";
import { baggageOf } from "../call/baggage.ts";
import { newTrace } from "../call/trace.ts";
import { MAX_METADATA } from "./limits.ts";
import type { CallHeader } from "./transport.ts";
import type { WireMetadata } from "./wire.ts";

const tracePattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The metadata of a call. Who calls, for whom and how is in `token` alone. The deadline is not among it: it travels as
 * `grpc-timeout`.
 */
export function encodeHeader(header: CallHeader, token: string): WireMetadata {
  const metadata: Record<string, string> = { "kerf-token": token, traceparent: header.traceparent };
  if (header.id !== undefined) metadata["kerf-id"] = encodeText(header.id);
  if (header.retry) metadata["kerf-retry"] = "1";
  if (header.settle) metadata["kerf-settle"] = "1";
  if (header.baggage !== undefined) metadata["baggage"] = header.baggage;
  if (header.release !== undefined) metadata["kerf-release"] = header.release;
  return metadata;
}

/** A stranger: without a name, and not believed anything else. */
const stranger: Bearer = { caller: undefined, actor: undefined, via: "call" };

/**
 * The header of a call from its metadata. `bearer` is what its token says: only units of the same application have one,
 * and only they may repeat a call or settle one.
 * @throws StatusError INVALID_ARGUMENT for metadata that is malformed
 */
export function decodeHeader(
  metadata: (name: string) => string | undefined,
  deadlineAt: number,
  bearer: Bearer | undefined,
): CallHeader {
  const get = (name: string): string | undefined => {
    const value = metadata(name);
    if (value !== undefined && value.length > MAX_METADATA) {
      throw malformed(name, `has ${value.length} characters: at most ${MAX_METADATA}`);
    }
    return value;
  };
  const told = (name: string): string | undefined => (bearer ? get(name) : undefined);
  const traceparent = get("traceparent");
  const id = get("kerf-id");
  const { caller, actor, via } = bearer ?? stranger;
  const release = told("kerf-release");
  // A stranger's is not carried on: it would reach everybody whom this call reaches.
  const baggage = bearer && baggageOf(metadata("baggage"));
  return {
    id: id === undefined ? undefined : decodeText(id),
    deadlineAt,
    caller,
    actor,
    via,
    // A malformed one begins a new trace: https://www.w3.org/TR/trace-context/#a-traceparent-is-received
    traceparent: traceparent && tracePattern.test(traceparent) ? traceparent : newTrace(),
    retry: told("kerf-retry") === "1",
    ...(told("kerf-settle") === "1" && { settle: true }),
    ...(release !== undefined && { release }),
    ...(baggage !== undefined && { baggage }),
  };
}

/** Metadata is printable ASCII: anything else, and `%` itself, is percent-encoded. */
function encodeText(text: string): string {
  return /^[!-$&-~]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}

function decodeText(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function malformed(name: string, problem: string): StatusError {
  return new StatusError("INVALID_ARGUMENT", `the metadata ${name} ${problem}`);
}
