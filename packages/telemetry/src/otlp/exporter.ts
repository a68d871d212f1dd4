import { setTimeout as sleep } from "node:timers/promises";
import type { ExportResult } from "@opentelemetry/core";

/** What OpenTelemetry's exporters have in common. */
export interface Exporter<Sent> {
  export(sent: Sent, done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
}

/** What still waits when a process ends is sent for so long. */
const endMs = 2_000;

/** Has `flush` send what waits, if it can in a while, and closes the exporter. Never rejects. */
export async function closed(
  flush: () => Promise<void>,
  exporter: () => Promise<Exporter<never>> | undefined,
): Promise<void> {
  const late = new AbortController();
  const time = sleep(endMs, undefined, { signal: late.signal }).catch(() => {});
  await Promise.race([flush(), time]);
  late.abort();
  const opened = await exporter()?.catch(() => undefined);
  await Promise.race([opened?.shutdown().catch(() => {}), sleep(0)]);
}

/** Sends once; gives what went wrong, or undefined. Never rejects. */
export function sendOnce<Sent>(exporter: Exporter<Sent>, sent: Sent, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs).unref();
    const settle = (error: unknown): void => {
      clearTimeout(late);
      resolve(error);
    };
    try {
      exporter.export(sent, ({ code, error }) =>
        settle(code === 0 ? undefined : (error ?? "it was refused")),
      );
    } catch (error) {
      settle(error);
    }
  });
}
