import { spawn } from "node:child_process";

/** The resumer waits so much longer than whoever paused: it is for when that is gone. */
const SPARE_MS = 3_000;

/**
 * Stops a process, and gives what lets it go on. A process of its own lets it go on as well, `mostMs` and a little later:
 * also when everything here is killed meanwhile.
 */
export function pauseProcess(pid: number, mostMs: number): () => void {
  const seconds = Math.ceil((mostMs + SPARE_MS) / 1_000);
  const resumer = spawn("/bin/sh", ["-c", `sleep ${seconds}; kill -CONT ${pid}`], {
    detached: true,
    stdio: "ignore",
  });
  resumer.on("error", () => {});
  resumer.unref();
  signal(pid, "SIGSTOP");
  return () => {
    signal(pid, "SIGCONT");
    // Its group: the shell and its sleep.
    if (resumer.pid !== undefined) signal(-resumer.pid, "SIGTERM");
  };
}

/** What is gone already needs no signal. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
