import { diag, DiagLogLevel, type DiagLogger } from "@opentelemetry/api";
import type { Log } from "kerf";
import type { Diagnostics } from "../settings/settings.ts";

/** What is said again within this time is not logged again: a receiver that refuses says so of every batch. */
const quietMs = 60_000;
/** Texts that are remembered. */
const rememberedAtMost = 100;

const levels: Readonly<Record<Diagnostics, DiagLogLevel>> = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
};

/** Logs what OpenTelemetry's own parts have to say: of a batch that was accepted in part, of a certificate. Gives what ends it. */
export function logDiagnostics(log: Log, level: Diagnostics): () => void {
  // An application that has set a logger of its own wants to read it there.
  const shared = (globalThis as Record<symbol, { diag?: unknown } | undefined>)[apiGlobal];
  if (shared?.diag !== undefined) return () => {};
  diag.setLogger(loggerOf(log), { logLevel: levels[level], suppressOverrideMessage: true });
  return () => diag.disable();
}

/** Where the API of OpenTelemetry keeps what is registered, for all copies of it in a process. */
const apiGlobal = Symbol.for("opentelemetry.js.api.1");

function loggerOf(log: Log): DiagLogger {
  const saidAt = new Map<string, number>();
  const say =
    (write: (fields: object, message: string) => void) =>
    (message: string, ...details: unknown[]): void => {
      const told = details.map((detail) => (detail instanceof Error ? detail.message : String(detail)));
      const text = [message, ...told].join(" ").slice(0, 1_000);
      const now = performance.now();
      if (now - (saidAt.get(text) ?? -Infinity) < quietMs) return;
      if (saidAt.size >= rememberedAtMost) saidAt.clear();
      saidAt.set(text, now);
      write({ from: "opentelemetry" }, text);
    };
  return {
    error: say((fields, message) => log.error(fields, message)),
    warn: say((fields, message) => log.warn(fields, message)),
    info: say((fields, message) => log.info(fields, message)),
    debug: say((fields, message) => log.debug(fields, message)),
    verbose: say((fields, message) => log.debug(fields, message)),
  };
}
