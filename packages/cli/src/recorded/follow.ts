import { setTimeout as sleep } from "node:timers/promises";
import { listenForEndings } from "../endings.ts";

/**
 * Does `work` until it is asked to end: by Ctrl-C, a signal, or whoever reads its output and is gone. Gives the exit code.
 * `pause` waits, and gives false where it is time to end; it waits too until what was written has been read.
 */
export async function untilEnded(
  work: (signal: AbortSignal, pause: (ms: number) => Promise<boolean>) => Promise<void>,
): Promise<number> {
  const endings = listenForEndings(() => process.exit(130));
  const { signal } = endings;
  const pause = async (ms: number): Promise<boolean> => {
    if (process.stdout.writableNeedDrain && !signal.aborted)
      await Promise.race([new Promise((resolve) => process.stdout.once("drain", resolve)), endings.asked]);
    await sleep(ms, undefined, { signal }).catch(() => {});
    return !signal.aborted;
  };
  try {
    await work(signal, pause);
    return signal.aborted ? (await endings.asked).exitCode : 0;
  } finally {
    endings.close();
  }
}

let listening = false;

/** A reader that has seen enough, as `head` has, is no failure. */
export function endWithReader(): void {
  if (listening) return;
  listening = true;
  process.stdout.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
