import { outcome } from "kerf";

export interface PagePart<T> {
  readonly state: "ok" | "unavailable";
  readonly value: T | undefined;
}

/** How long a page waits for one of its parts. */
export const partTimeoutMs = 800;

/** A part of a page: what the call brought, or that it could not be had. */
export async function part<T>(call: Promise<T>): Promise<PagePart<T>> {
  const result = await outcome(call);
  return result.ok ? { state: "ok", value: result.value } : { state: "unavailable", value: undefined };
}
