import type { ExportResult } from "@opentelemetry/core";

/** What OpenTelemetry's exporters have in common. */
export interface Exporter<Sent> {
  export(sent: Sent, done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
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
