import { reached, type Reached } from "@kerf/runtime/crashpoint";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** The files by which the units of one run are told where to die, and tell what they came to. */
export interface CrashFiles {
  /** For {@link RigOptions.settingsOf}. */
  settingsOf(unit: string): Record<string, string>;
  /** Where a unit died. */
  deaths(unit: string): readonly Reached[];
  /** Every point that a unit passed. */
  passed(unit: string): readonly Reached[];
}

/**
 * Tells units where to die: `{ back: "handle.before:3" }` at the third time, `"handle.before,receive.after"` first at the one,
 * and, started again, at the other.
 */
export function crashFiles(folder: string, deaths: Readonly<Record<string, string>> = {}): CrashFiles {
  mkdirSync(folder, { recursive: true });
  const mark = (unit: string): string => join(folder, `${unit}.mark`);
  const trail = (unit: string): string => join(folder, `${unit}.trail`);
  return {
    settingsOf: (unit) => ({
      KERF_CRASHPOINT_TRAIL: trail(unit),
      ...(deaths[unit] !== undefined && {
        KERF_CRASHPOINT: deaths[unit],
        KERF_CRASHPOINT_MARK: mark(unit),
      }),
    }),
    deaths: (unit) => reached(mark(unit)),
    passed: (unit) => reached(trail(unit)),
  };
}
