import { Queue } from "../recorder/queue.ts";
import { readSettings } from "../settings/settings.ts";
import type { Environment } from "../settings/variables.ts";

/** A line that is longer is not sent: it would crowd out all the others. */
const longestLine = 65_536;

/** Lines of a log that are to leave the process, kept until they do: bounded, so that writing one never waits. */
export class LogLines extends Queue<string> {
  /** Takes one line of JSON, as it was written. */
  readonly write = (line: string): void => {
    if (line.length > longestLine) this.drop(1);
    else this.push(line);
  };
}

/**
 * What a log is to be given where its records are to be exported; undefined where they are not. It is there before
 * {@link openTelemetry}, which is told of it: what is logged while a unit starts leaves too. Never throws.
 */
export function logLines(environment: Environment): LogLines | undefined {
  try {
    const settings = readSettings(environment);
    return settings?.logs && new LogLines(settings.logBatching.queueSize);
  } catch {
    // Whoever opens telemetry is told what is wrong.
    return undefined;
  }
}
