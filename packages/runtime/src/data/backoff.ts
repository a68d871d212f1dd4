/** Reconnecting as gRPC's connection backoff does, but sooner: a database that is back should be found. */
export interface BackoffOptions {
  firstMs: number;
  factor: number;
  /** Share of the delay by which it is varied, so that processes do not come back at the same instant. */
  jitter: number;
  mostMs: number;
}

export const RECONNECT: BackoffOptions = { firstMs: 1_000, factor: 1.6, jitter: 0.2, mostMs: 10_000 };

/** The pause after the n-th failure in a row, n from 1. */
export function backoffMs(
  failures: number,
  options: BackoffOptions = RECONNECT,
  random = Math.random,
): number {
  const delay = Math.min(options.firstMs * options.factor ** (failures - 1), options.mostMs);
  return delay * (1 + options.jitter * (2 * random() - 1));
}
