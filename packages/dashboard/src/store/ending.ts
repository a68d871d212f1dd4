import { failureOf } from "@kerf/runtime/telemetry";
import { StatusError, statusNumbers, type StatusCode } from "kerf";
import type { SpanRow } from "../otlp/row.ts";

/**
 * How work ended. `refused`: with an error that the contract declares, or by a fault of the one who asked, such as a rejected
 * input or a missing right. `failed`: by a fault of the one who was asked.
 */
export type Ending = "answered" | "refused" | "failed";

/** The statuses that are the asker's fault, by number; taken from where spans are marked as failed. */
const askersFaults = new Map(
  (Object.entries(statusNumbers) as [StatusCode, number][])
    .filter(([code]) => !failureOf(new StatusError(code, "")).fault)
    .map(([code, number]) => [number, code]),
);
const askersFaultNames: ReadonlySet<string> = new Set(askersFaults.values());

/** The caller's span of a refusal has the status of an error, the callee's has none: what both say is why. */
export function endingOf({ attributes, status }: SpanRow): Ending {
  const http = attributes["http.response.status_code"];
  const grpc = attributes["rpc.grpc.status_code"];
  const type = attributes["error.type"];
  const refused =
    attributes["kerf.error.code"] !== undefined ||
    (typeof type === "string" && askersFaultNames.has(type)) ||
    (typeof http === "number" && http >= 400 && http < 500) ||
    (typeof grpc === "number" && askersFaults.has(grpc));
  return refused ? "refused" : status === 2 ? "failed" : "answered";
}

/**
 * Whether an `error.type` that is counted on an edge is a refusal. There it is a status, a code that the contract declares
 * (letters and digits, and never a status) or `_OTHER`, of which nothing is known.
 */
export function isRefusal(type: string): boolean {
  return askersFaultNames.has(type) || (!Object.hasOwn(statusNumbers, type) && /^[a-z\d]+$/i.test(type));
}
