import { UsageError } from "../usage.ts";

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `"90s"`, `"2m"`, `"500ms"` in ms. @throws UsageError */
export function readDuration(name: string, text: string, mostMs: number): number {
  const found = /^(\d{1,7})(ms|s|m|h)$/.exec(text);
  const ms = found ? Number(found[1]) * units[found[2] as keyof typeof units] : NaN;
  if (!(ms > 0)) throw new UsageError(`--${name} ${text}: write a time as 30s or 2m.`);
  if (ms > mostMs) throw new UsageError(`--${name} ${text}: the longest is ${mostMs / units.m}m.`);
  return ms;
}
