import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { expireAt } from "./deadline-ring.ts";

/** The time and chance of this process. */
export const processClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  deadline: expireAt,
  random: () => Math.random(),
  uuid: () => randomUUID(),
};
