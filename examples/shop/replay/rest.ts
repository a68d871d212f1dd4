import type { UnitStatus } from "@kerf/runtime";
import { setTimeout as sleep } from "node:timers/promises";

/** How a shop came to rest, or did not. */
export interface Rest {
  /** Every unit reported twice that nothing is under way. */
  readonly reached: boolean;
  readonly seconds: number;
  /** The last report of each unit; absent where it could not be had. */
  readonly units: ReadonlyMap<string, UnitStatus | undefined>;
}

/** The counts of a unit that are zero when nothing is under way in it. */
export const working = ["outbox", "undelivered", "retries", "sagas", "mailboxes"] as const;

export interface RestOptions {
  readonly signal: AbortSignal;
  /** Default 60,000. */
  readonly patienceMs?: number;
  /** Between two reports. Default 100. */
  readonly pauseMs?: number;
}

/** Waits until every unit has twice reported that nothing is under way: once could be between two queues. */
export async function comeToRest(
  units: ReadonlyMap<string, string>,
  { signal, patienceMs = 60_000, pauseMs = 100 }: RestOptions,
): Promise<Rest> {
  const began = performance.now();
  for (let quiet = 0; ;) {
    const reports = await Promise.all(
      [...units].map(async ([name, health]) => [name, await statusOf(health, signal)] as const),
    );
    quiet = reports.every(([, status]) => status && isQuiet(status)) ? quiet + 1 : 0;
    const ms = performance.now() - began;
    if (quiet === 2 || ms > patienceMs)
      return { reached: quiet === 2, seconds: ms / 1_000, units: new Map(reports) };
    await sleep(pauseMs, undefined, { signal });
  }
}

export function isQuiet(status: UnitStatus): boolean {
  return working.every((count) => status[count] === 0);
}

async function statusOf(health: string, signal: AbortSignal): Promise<UnitStatus | undefined> {
  try {
    const answer = await fetch(`${health}/status`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    });
    return answer.ok ? ((await answer.json()) as UnitStatus) : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
