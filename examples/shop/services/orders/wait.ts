import { outcome } from "kerf";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks `state` until it has ended or there is none, or `waitMs` have passed: soon at first, for what takes
 * milliseconds, then more seldom. A question that fails is asked again. It is a call, and not a statement of the
 * asking handler, so that the connection is given back between two questions.
 */
export async function waitUntil(
  state: () => Promise<{ ended?: boolean | undefined }>,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (waitMs === 0) return;
  const until = Date.now() + waitMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.5, 100)) {
    const asked = await outcome(state());
    const left = until - Date.now();
    if ((asked.ok && asked.value.ended !== false) || left <= 0) return;
    await sleep(Math.min(pauseMs, left), undefined, { signal });
  }
}
