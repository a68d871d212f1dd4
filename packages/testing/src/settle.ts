import type { UnitStatus } from "@kerf/runtime";
import { setTimeout as sleep } from "node:timers/promises";

/** Waits until every unit has twice reported that nothing is under way: once could be between two queues. */
export async function settle(status: () => Promise<readonly UnitStatus[]>, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  for (let quiet = 0; ;) {
    const busy = (await status()).filter(
      (s) => s.outbox + s.undelivered + s.retries + s.sagas + s.mailboxes > 0,
    );
    quiet = busy.length > 0 ? 0 : quiet + 1;
    if (quiet === 2) return;
    if (Date.now() > until) throw new Error(`not settled within ${withinMs} ms: ${JSON.stringify(busy)}`);
    await sleep(10);
  }
}
