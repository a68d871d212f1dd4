import type { Outcome } from "kerf";

/** Whether a part of a page could be had. */
export function stateOf({ ok }: Outcome<unknown>): "ok" | "unavailable" {
  return ok ? "ok" : "unavailable";
}
