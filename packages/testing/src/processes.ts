import type { UnitStatus, UnitTiming } from "@kerf/runtime";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

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
  /** Resolves once it is gone, whatever it died of. */
  readonly gone: Promise<void>;
}

/** A process that ended before it was ready. */
export class EndedAtStart extends Error {
  override readonly name = "EndedAtStart";
  /** It was killed: started again, it may live. */
  readonly killed: boolean;

  constructor(unit: string, code: number | null, signal: NodeJS.Signals | null) {
    super(`the unit ${unit} ended at its start (exit ${code ?? signal})`);
    this.killed = signal === "SIGKILL";
  }
}

/** Starts a unit as a real process, and waits until it is ready. It ends when this process does. */
export async function startProcess(options: UnitProcessOptions): Promise<UnitProcess> {
  const child = fork(new URL("./unit-process.ts", import.meta.url), [], {
    env: {
      // Compiled code is kept: processes that are killed and started again are what these tests are about.
      NODE_COMPILE_CACHE: join(tmpdir(), `kerf-test-${process.getuid?.() ?? 0}-compiled`),
      ...process.env,
      KERF_TEST_UNIT: JSON.stringify(options),
      ...options.settings,
    },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
  });
  const exit = once(child, "exit");
  // One that dies hears nothing any more: whoever asks it must not wait for ever.
  child.on("error", () => {});
  const gone = exit.then(() => {});
  const first = await Promise.race([message(child, "ready"), exit]);
  if (Array.isArray(first)) throw new EndedAtStart(options.unit, first[0], first[1]);
  return {
    unit: options.unit,
    pid: child.pid!,
    gone,
    status: async () => {
      if (child.connected) child.send({ ask: "status" }, () => {});
      const told = await Promise.race([message(child, "status"), gone]);
      if (!told) throw new Error(`the process of the unit ${options.unit} has ended`);
      return (told as { status: UnitStatus }).status;
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
