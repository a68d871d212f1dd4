import { setTimeout as sleep } from "node:timers/promises";
import { sendOnce, type Exporter } from "./exporter.ts";
import { retryDelayMs } from "./retry-info.ts";

/** Of gRPC: https://opentelemetry.io/docs/specs/otlp/#failures */
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const ABORTED = 10;
const OUT_OF_RANGE = 11;
const UNAVAILABLE = 14;
const DATA_LOSS = 15;
const passing: ReadonlySet<unknown> = new Set([
  CANCELLED,
  DEADLINE_EXCEEDED,
  ABORTED,
  OUT_OF_RANGE,
  UNAVAILABLE,
  DATA_LOSS,
]);

const firstPauseMs = 1_000;
const longestPauseMs = 5_000;

/**
 * Sends again what a receiver over gRPC could not take just now, for `timeoutMs` at most: the stock exporter tries once.
 * Closing ends the wait.
 */
export function retried<Sent>(exporter: Exporter<Sent>, timeoutMs: number): Exporter<Sent> {
  const closing = new AbortController();

  async function send(sent: Sent): Promise<unknown> {
    const endsAt = performance.now() + timeoutMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
      const error = await sendOnce(exporter, sent, Math.max(1, endsAt - performance.now()));
      const waitMs = error === undefined ? undefined : pauseBefore(error, pauseMs);
      if (waitMs === undefined || closing.signal.aborted || performance.now() + waitMs >= endsAt)
        return error;
      const waited = await sleep(waitMs, true, { ref: false, signal: closing.signal }).catch(() => false);
      if (!waited) return error;
    }
  }

  return {
    async export(sent, done) {
      const error = await send(sent);
      done(error === undefined ? { code: 0 } : { code: 1, error: error as Error });
    },
    shutdown() {
      closing.abort();
      return exporter.shutdown();
    },
  };
}

/** Undefined for what will not pass: a receiver that is exhausted says by RetryInfo whether it will recover. */
function pauseBefore(error: unknown, pauseMs: number): number | undefined {
  const { code, metadata } = error as { code?: unknown; metadata?: { get(name: string): unknown[] } };
  const [details] = metadata?.get("grpc-status-details-bin") ?? [];
  const askedMs = details instanceof Uint8Array ? retryDelayMs(details) : undefined;
  if (askedMs !== undefined && (code === RESOURCE_EXHAUSTED || passing.has(code))) return askedMs;
  return passing.has(code) ? pauseMs * (0.8 + Math.random() * 0.4) : undefined;
}
