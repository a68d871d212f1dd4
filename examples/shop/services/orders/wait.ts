import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks `ended` until it says yes, or `waitMs` have passed: soon at first, for what takes milliseconds, then more
 * seldom.
 */
export async function waitUntil(
  ended: () => Promise<boolean>,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (waitMs === 0) return;
  const until = Date.now() + waitMs;
  for (let pauseMs = 20; !(await ended()); pauseMs = Math.min(pauseMs * 1.5, 100)) {
    const left = until - Date.now();
    if (left <= 0) return;
    await sleep(Math.min(pauseMs, left), undefined, { signal });
  }
}
