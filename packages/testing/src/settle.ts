import type { UnitStatus } from "@kerf/runtime";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until every unit has twice reported that nothing is under way: once could be between two queues. One that does not
 * answer, since it was killed, is not at rest.
 */
export async function settle(status: () => Promise<readonly UnitStatus[]>, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  let pauseMs = 10;
  for (let quiet = 0; ;) {
    const busy = await status().then(
      (all) => JSON.stringify(all.filter((s) => isBusy(s))),
      (error: Error) => error.message,
    );
    quiet = busy === "[]" ? quiet + 1 : 0;
    if (quiet === 2) return;
    if (Date.now() > until) throw new Error(`not settled within ${withinMs} ms: ${busy}`);
    // Asking costs the units some work: less often where it takes long.
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 1.5, 100);
  }
}

function isBusy({ outbox, undelivered, retries, sagas, mailboxes }: UnitStatus): boolean {
  return outbox + undelivered + retries + sagas + mailboxes > 0;
}
