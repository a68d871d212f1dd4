import { UsageError } from "../usage.ts";

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `"200ms"`, `"5m"`, `"2d"` in ms. @throws UsageError */
export function readSpan(name: string, text: string): number {
  const found = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
  const ms = found ? Number(found[1]) * units[found[2] as keyof typeof units] : Number.NaN;
  if (!(ms > 0)) throw new UsageError(`--${name} ${text}: write a time as 200ms, 30s, 5m, 1h or 2d.`);
  return ms;
}

/** When something began: `"1h"` ago, or a time. Unix ms. @throws UsageError */
export function readSince(name: string, text: string, now = Date.now()): number {
  if (/^\d+(?:\.\d+)?[a-z]+$/.test(text)) return now - readSpan(name, text);
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new UsageError(`--${name} ${text}: write 1h, 30m, or a time as 2026-11-21T10:00:00Z.`);
  return at;
}

/** One of some words. @throws UsageError */
export function readWord<T extends string>(name: string, text: string, words: readonly T[]): T {
  if (words.includes(text as T)) return text as T;
  throw new UsageError(`--${name} ${text}: it takes one of ${words.join(", ")}.`);
}

/** Leaves out what was not given. */
export function given<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
