/** Npm passes a signal on that the terminal has sent already: two within this time are one. */
const SAME_MS = 500;

export interface Endings {
  /** Aborted with the exit code as its reason by the first request to end. */
  readonly signal: AbortSignal;
  close(): void;
}

/**
 * Listens for requests to end this process: Ctrl-C (130), SIGTERM (0), a terminal that was closed (130), a parent that is
 * gone. The first aborts `signal`; one that comes later calls `again`.
 */
export function listenForEndings(again: () => void): Endings {
  const first = new AbortController();
  let at = 0;
  const ask = (exitCode: number) => {
    if (!first.signal.aborted) {
      at = performance.now();
      first.abort(exitCode);
    } else if (performance.now() - at > SAME_MS) again();
  };
  const interrupt = () => ask(130);
  const terminate = () => ask(0);
  const broken = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") ask(130);
  };
  process.on("SIGINT", interrupt);
  process.on("SIGHUP", interrupt);
  process.on("SIGTERM", terminate);
  process.on("disconnect", terminate);
  process.stdout.on("error", broken);
  process.stderr.on("error", broken);
  return {
    signal: first.signal,
    close() {
      process.off("SIGINT", interrupt);
      process.off("SIGHUP", interrupt);
      process.off("SIGTERM", terminate);
      process.off("disconnect", terminate);
    },
  };
}
