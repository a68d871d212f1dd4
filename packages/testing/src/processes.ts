import type { UnitStatus, UnitTiming } from "@kerf/runtime";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** What a unit's process is told. */
export interface UnitProcessOptions {
  /** The module whose default export is the app. */
  readonly config: string;
  readonly name: string;
  readonly run: readonly string[] | undefined;
  readonly topology: string;
  readonly unit: string;
  readonly endpoints: readonly (readonly [string, string])[];
  readonly adminUrl: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly timing: UnitTiming;
  readonly listener: string;
  readonly logLevel: string;
}

/** A unit in a process of its own. */
export interface UnitProcess {
  readonly unit: string;
  readonly pid: number;
  status(): Promise<UnitStatus>;
  /** Stops it gently. */
  drain(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a unit as a real process, and waits until it is ready. It ends when this process does. */
export async function startProcess(options: UnitProcessOptions): Promise<UnitProcess> {
  const child = fork(new URL("./unit-process.ts", import.meta.url), [], {
    env: { ...process.env, KERF_TEST_UNIT: JSON.stringify(options), ...options.settings },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
  });
  const first = await Promise.race([message(child, "ready"), once(child, "exit")]);
  if (Array.isArray(first))
    throw new Error(`the unit ${options.unit} ended at its start (exit ${first[0] ?? first[1]})`);
  const gone = once(child, "exit");
  return {
    unit: options.unit,
    pid: child.pid!,
    status: async () => {
      child.send({ ask: "status" });
      return ((await message(child, "status")) as { status: UnitStatus }).status;
    },
    drain: async () => {
      if (child.connected) child.disconnect();
      await gone;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

function message(child: ChildProcess, kind: string): Promise<object> {
  return new Promise((resolve) => {
    const listener = (told: { kind: string }): void => {
      if (told.kind !== kind) return;
      child.off("message", listener);
      resolve(told);
    };
    child.on("message", listener);
  });
}
