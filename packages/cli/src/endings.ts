import { isSupervisorMessage, SUPERVISED } from "./dev/messages.ts";

/** Npm passes a signal on that the terminal has sent already: two within this time are one. */
const SAME_MS = 500;

/** How a process was asked to end. */
export interface Ending {
  /** What a command that was ended in this way exits with: 130 after Ctrl-C, 0 where somebody's program asked. */
  readonly exitCode: number;
  /** How long it may take, where the asker said so. */
  readonly graceMs: number | undefined;
}

export interface Endings {
  /** Resolves with the first request to end. */
  readonly asked: Promise<Ending>;
  /** Aborted by it too. */
  readonly signal: AbortSignal;
  close(): void;
}

/**
 * Listens for requests to end this process: Ctrl-C, SIGTERM, a terminal or a pipe that was closed, a supervisor that
 * asks or is gone. `again` is called for each that comes after the first.
 */
export function listenForEndings(again: () => void): Endings {
  const { promise: asked, resolve } = Promise.withResolvers<Ending>();
  const first = new AbortController();
  let at = 0;
  const ask = (exitCode: number, graceMs?: number) => {
    if (!first.signal.aborted) {
      at = performance.now();
      first.abort();
      resolve({ exitCode, graceMs });
    } else if (performance.now() - at > SAME_MS) again();
  };
  const interrupt = () => {
    // The terminal sends Ctrl-C to the units as well; it is their supervisor that ends them.
    if (!process.env[SUPERVISED]) ask(130);
  };
  const terminate = () => ask(0);
  const message = (value: unknown) => {
    if (isSupervisorMessage(value) && value.kerf === "drain") ask(0, value.graceMs);
  };
  const broken = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") ask(0);
  };
  process.on("SIGINT", interrupt).on("SIGHUP", interrupt).on("SIGTERM", terminate);
  process.on("disconnect", terminate).on("message", message);
  process.stdout.on("error", broken);
  process.stderr.on("error", broken);
  return {
    asked,
    signal: first.signal,
    close() {
      process.off("SIGINT", interrupt).off("SIGHUP", interrupt).off("SIGTERM", terminate);
      process.off("disconnect", terminate).off("message", message);
    },
  };
}
