import { timingSafeEqual } from "node:crypto";
import { type Actor, StatusError, type Via } from "kerf";
import { newTrace } from "../call/trace.ts";
import { MAX_METADATA } from "./limits.ts";
import type { CallHeader } from "./transport.ts";
import type { WireMetadata } from "./wire.ts";

const vias: readonly string[] = ["gateway", "call", "message", "saga", "schedule"] satisfies Via[];
const tracePattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The metadata of a call. The deadline is not among it: it travels as `grpc-timeout`. */
export function encodeHeader(header: CallHeader, secret: string): WireMetadata {
  const metadata: Record<string, string> = {
    "kerf-unit-secret": secret,
    "kerf-via": header.via,
    traceparent: header.traceparent,
  };
  if (header.id !== undefined) metadata["kerf-id"] = encodeText(header.id);
  if (header.caller !== undefined) metadata["kerf-caller"] = encodeText(header.caller);
  if (header.actor) metadata["kerf-actor"] = Buffer.from(JSON.stringify(header.actor)).toString("base64url");
  if (header.retry) metadata["kerf-retry"] = "1";
  if (header.settle) metadata["kerf-settle"] = "1";
  return metadata;
}

/** Tells whether a call comes from a unit of the same application: it then knows the secret that all of them share. */
export function knowsSecret(secret: string): (given: string | undefined) => boolean {
  const expected = Buffer.from(secret, "latin1");
  return (given) => {
    if (given === undefined || given.length !== expected.length) return false;
    return timingSafeEqual(Buffer.from(given, "latin1"), expected);
  };
}

/**
 * The header of a call from its metadata. Who calls, for whom and how is believed of units of the same application
 * only (`trusted`); anybody else is a stranger without a name, whatever they say.
 * @throws StatusError INVALID_ARGUMENT for metadata that is malformed
 */
export function decodeHeader(
  metadata: (name: string) => string | undefined,
  deadlineAt: number,
  trusted: boolean,
): CallHeader {
  const get = (name: string): string | undefined => {
    const value = metadata(name);
    if (value !== undefined && value.length > MAX_METADATA) {
      throw malformed(name, `has ${value.length} characters: at most ${MAX_METADATA}`);
    }
    return value;
  };
  const told = (name: string): string | undefined => (trusted ? get(name) : undefined);
  const via = told("kerf-via") ?? "call";
  if (!vias.includes(via)) throw malformed("kerf-via", `is none of ${vias.join(", ")}`);
  const traceparent = get("traceparent");
  const id = get("kerf-id");
  const caller = told("kerf-caller");
  const actor = told("kerf-actor");
  return {
    id: id === undefined ? undefined : decodeText(id),
    deadlineAt,
    caller: caller === undefined ? undefined : decodeText(caller),
    actor: actor === undefined ? undefined : decodeActor(actor),
    via: via as Via,
    // A malformed one begins a new trace: https://www.w3.org/TR/trace-context/#a-traceparent-is-received
    traceparent: traceparent && tracePattern.test(traceparent) ? traceparent : newTrace(),
    retry: told("kerf-retry") === "1",
    ...(told("kerf-settle") === "1" && { settle: true }),
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

function decodeActor(encoded: string): Actor {
  let actor: unknown;
  try {
    actor = JSON.parse(Buffer.from(encoded, "base64url").toString());
  } catch {
    throw malformed("kerf-actor", "is not JSON in base64url");
  }
  if (!isActor(actor)) throw malformed("kerf-actor", 'is not of the form {"id":"…","roles":["…"]}');
  return { id: actor.id, roles: [...actor.roles] };
}

function isActor(value: unknown): value is Actor {
  if (typeof value !== "object" || value === null || !("id" in value) || !("roles" in value)) return false;
  const { id, roles } = value;
  return typeof id === "string" && Array.isArray(roles) && roles.every((role) => typeof role === "string");
}

function malformed(name: string, problem: string): StatusError {
  return new StatusError("INVALID_ARGUMENT", `the metadata ${name} ${problem}`);
}
