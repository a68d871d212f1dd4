import { isUtf8 } from "node:buffer";
import type { Limits } from "./limits.ts";

/** Why a body is not accepted, for people. */
export type BodyFault = { readonly fault: string };

type BodyLimits = Pick<Limits, "depth" | "keys">;

/**
 * Reads a JSON body from a stranger. Refused: what is not UTF-8 (RFC 8259 section 8.1), nesting over `depth`, NUL
 * characters, which no PostgreSQL text holds, keys that reach into prototypes, and objects of more than `keys`.
 * @returns the value (undefined for an empty body), or a fault
 */
export function parseBody(bytes: Buffer, limits: BodyLimits): { readonly value: unknown } | BodyFault {
  if (bytes.length === 0) return { value: undefined };
  if (!isUtf8(bytes)) return { fault: "The body is not UTF-8." };
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    return { fault: `The body is not JSON: ${placeOf(error as SyntaxError)}.` };
  }
  const fault = contentFault(value, limits.depth, limits.keys);
  return fault === undefined ? { value } : { fault };
}

/** V8's message repeats a part of the body; only the place or the character is of use to the client. */
function placeOf({ message }: SyntaxError): string {
  const place = /position \d+(?: \(line \d+ column \d+\))?/.exec(message)?.[0];
  if (place !== undefined) return `the fault is at ${place}`;
  const token = /^Unexpected token '(.)'/su.exec(message)?.[1];
  return token === undefined ? "it ends too early" : `"${token}" is not expected where it stands`;
}

function contentFault(value: unknown, depthLeft: number, keys: number): string | undefined {
  if (typeof value === "string") {
    return value.includes("\0") ? "The body has a NUL character in a string." : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (depthLeft === 0) return "The body is nested too deeply.";
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const fault = contentFault(value[i], depthLeft - 1, keys);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  let count = 0;
  for (const key in value) {
    count += 1;
    if (count > keys) return `The body has an object of more than ${keys} keys.`;
    const inner = (value as Record<string, unknown>)[key];
    if (key === "__proto__" || (key === "constructor" && typeof inner === "object")) {
      return `The body has the key "${key}", which is not accepted.`;
    }
    if (key.includes("\0")) return "The body has a NUL character in a key.";
    const fault = contentFault(inner, depthLeft - 1, keys);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
