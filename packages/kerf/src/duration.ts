import { refuse } from "./refuse.ts";

/** `"250ms"`, `"30s"`, `"5m"`, `"2h"`, `"7d"`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a duration. @throws DeclarationError where it is not one, at `place`. */
export function durationMs(text: string, place: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const ms = found ? Number(found[1]) * unitsMs[found[2] as keyof typeof unitsMs] : 0;
  if (!(ms > 0))
    refuse(place, `"${text}" is not a duration`, 'write one such as "250ms", "30s", "5m", "2h" or "7d"');
  return ms;
}
