import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

const KERF = fileURLToPath(new URL("../../bin/kerf.js", import.meta.url));

/** The argument that makes a process a spare one. */
export const SPARE = "--spare";

/** After a unit was started, others may be, and need the processor more. */
const LATER_MS = 1_000;

/** What a spare process is to become. */
interface Become {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface Spare {
  /** A process that has loaded Kerf and becomes `kerf <args>` now; undefined where none is at hand. */
  take(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess | undefined;
  close(): void;
}

/**
 * Keeps one process at hand that has loaded all of Kerf and nothing of the application: half of what a unit needs to be
 * ready again. One is enough, since most changes concern one unit.
 */
export function keepSpare(folder: string): Spare {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;

  function later(): void {
    clearTimeout(timer);
    timer = setTimeout(() => (child ??= open()), LATER_MS);
  }

  function open(): ChildProcess {
    const opened = spawnKerf([SPARE], folder, process.env);
    const lost = () => {
      if (child === opened) child = undefined;
    };
    return opened.once("error", lost).once("exit", lost);
  }

  later();
  return {
    take(args, env) {
      later();
      const taken = child;
      child = undefined;
      if (!taken?.connected) return undefined;
      taken.send({ args, env } satisfies Become, () => {});
      return taken;
    },
    close() {
      clearTimeout(timer);
      child?.kill("SIGKILL");
    },
  };
}

/** Starts a `kerf` that its parent can talk to. */
export function spawnKerf(args: readonly string[], folder: string, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [KERF, ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    cwd: folder,
    env,
  });
}

/** In the spare process: loads what a unit will need, and waits. Gives the arguments to go on with. */
export async function beSpare(): Promise<readonly string[]> {
  const end = () => process.exit(0);
  process.once("disconnect", end);
  const told = new Promise<Become>((resolve) => process.once("message", resolve));
  await Promise.all([import("../commands/start.ts"), import("@kerf/gateway")]);
  const { args, env } = await told;
  process.off("disconnect", end);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.title = ["kerf", ...args].join(" ");
  return args;
}
