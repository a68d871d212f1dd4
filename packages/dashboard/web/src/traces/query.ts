import { apiPath } from "../ask.ts";

/** How far back the list looks; the address holds the key. */
export const SINCE = [
  ["", "All kept"],
  ["900000", "15 min"],
  ["3600000", "1 h"],
  ["86400000", "1 day"],
] as const;

/** What the list asks for, from the address of the page. */
export function tracesPath(search: URLSearchParams): string {
  const get = (name: string) => search.get(name) ?? undefined;
  const status = get("status");
  return apiPath("/traces", {
    service: get("service"),
    member: get("member"),
    status: status === "error" || status === "ok" ? status : undefined,
    minMs: msOf(get("min")),
    maxMs: msOf(get("max")),
    attribute: get("attribute"),
    text: get("text"),
    before: get("before"),
    limit: 100,
  });
}

/** `"250"`, `"250ms"` and `"1.5s"`; undefined where it is none of these. */
export function msOf(text: string | undefined): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s)?\s*$/.exec(text ?? "");
  if (!match) return undefined;
  return Number(match[1]) * (match[2] === "s" ? 1_000 : 1);
}

const FILTERS = ["service", "member", "status", "min", "max", "attribute", "text", "since"];

export function isFiltered(search: URLSearchParams): boolean {
  return FILTERS.some((name) => search.has(name));
}
