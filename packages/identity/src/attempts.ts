const MOST_KEYS = 1_000;

export interface Attempts {
  /** How many seconds somebody has to wait; 0 where they may try. */
  waitSeconds(key: string): number;
  failed(key: string): void;
  succeeded(key: string): void;
}

/** Counts failures: after `most` of them within `windowMs`, no more until the window is over. In memory, bounded. */
export function countAttempts(most: number, windowMs: number): Attempts {
  const failures = new Map<string, { count: number; endsAt: number }>();
  return {
    waitSeconds(key) {
      const found = failures.get(key);
      if (!found || found.count < most) return 0;
      return Math.max(0, Math.ceil((found.endsAt - Date.now()) / 1_000));
    },
    failed(key) {
      const now = Date.now();
      const found = failures.get(key);
      if (found && found.endsAt > now) {
        found.count++;
        return;
      }
      failures.delete(key);
      // The oldest goes: whoever fills this with names is slowed by their address.
      if (failures.size >= MOST_KEYS) failures.delete(failures.keys().next().value!);
      failures.set(key, { count: 1, endsAt: now + windowMs });
    },
    succeeded(key) {
      failures.delete(key);
    },
  };
}
