import type { Clock } from "../clock/clock.ts";

/** Time that goes on only when a test says so. */
export interface ManualClock extends Clock {
  /** Moves on, and runs what is due then. */
  pass(ms: number): Promise<void>;
}

export function manualClock(start = 1_000_000): ManualClock {
  let now = start;
  let chance = 0;
  const due = new Set<{ readonly at: number; readonly run: () => void }>();
  const at = (time: number, run: () => void): (() => void) => {
    const entry = { at: time, run };
    due.add(entry);
    return () => void due.delete(entry);
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    after: (ms, run) => at(now + ms, run),
    sleep: (ms) => new Promise((resolve) => at(now + ms, resolve)),
    turn,
    deadline: (time, expire) => ({ forget: at(time, expire) }),
    // Evenly spread, and the same each time.
    random: () => (chance = (chance + 0.618034) % 1),
    uuid: () => "00000000-0000-4000-8000-000000000000",
    async pass(ms) {
      now += ms;
      for (const entry of due)
        if (entry.at <= now) {
          due.delete(entry);
          entry.run();
        }
      await turn();
    },
  };
}
