/** How long the same messages wait before `deliver` gets them again: 100 ms, doubling to 5 s. */
export function redeliveryDelayMs(failures: number): number {
  return Math.min(100 * 2 ** (failures - 1), 5_000);
}

/** At most this many messages in one delivery, and in one round of fetching. */
export const DELIVERY_LIMIT = 200;

/** How long messages are kept: as long as subscribers remember what they have handled. */
export const RETENTION_MS = 7 * 24 * 3_600_000;
