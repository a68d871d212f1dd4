import type { ChildProcess } from "node:child_process";
import { eachLine } from "./lines.ts";
import { isUnitMessage, type SupervisorMessage, type UnitMessage } from "./messages.ts";

export type ReadyMessage = Extract<UnitMessage, { kerf: "ready" }>;

/** What happens to a unit, for whoever tells people. */
export type UnitEvent =
  | { readonly kind: "line"; readonly line: string }
  | { readonly kind: "ready"; readonly ms: number; readonly first: boolean; readonly message: ReadyMessage }
  /** It said why it cannot start. `again` in ms; undefined: when a file changes. */
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly repeated: boolean;
      readonly againMs: number | undefined;
    }
  /** It ended by itself, and is started again in `againMs`. */
  | {
      readonly kind: "died";
      readonly how: string;
      readonly lastLines: readonly string[];
      readonly againMs: number;
    }
  | { readonly kind: "killed"; readonly graceMs: number };

export interface UnitProcessOptions {
  readonly spawn: () => ChildProcess;
  readonly tell: (event: UnitEvent) => void;
  /** First and longest pause before a unit that died is started again. Default 500 and 30,000. */
  readonly backoffMs?: { readonly first: number; readonly most: number };
  /** A unit that lived this long begins again with the first pause. Default 30,000. */
  readonly steadyMs?: number;
}

/** The process of one unit, kept running. */
export interface UnitProcess {
  readonly kind: State["kind"];
  readonly pid: number | undefined;
  /** Ends the process and starts another, at once where it is waiting to be. */
  restart(graceMs: number): void;
  /** Ends the process for good; resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL, at once. */
  kill(): void;
}

type State =
  | { readonly kind: "starting"; readonly child: ChildProcess; readonly at: number; failure?: Failed }
  | { readonly kind: "ready"; readonly child: ChildProcess; readonly at: number }
  | {
      readonly kind: "stopping";
      readonly child: ChildProcess;
      readonly timer: NodeJS.Timeout;
      readonly next: "start" | "end";
    }
  | { readonly kind: "waiting"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "broken" }
  | { readonly kind: "ended" };

type Failed = Extract<UnitMessage, { kerf: "failed" }>;

const LAST_LINES = 5;

/**
 * Starts a unit and keeps it running: one that dies is started again after 0.5 s, doubling to 30 s; one that says it
 * cannot start until a file changes waits for `restart`.
 */
export function keepUnit(options: UnitProcessOptions): UnitProcess {
  const { tell } = options;
  const backoff = options.backoffMs ?? { first: 500, most: 30_000 };
  const steadyMs = options.steadyMs ?? 30_000;
  let pauseMs = backoff.first;
  let wasReady = false;
  let lastFailure: string | undefined;
  let lastLines: string[] = [];
  let whenEnded: (() => void)[] = [];
  let state: State = start();

  function start(): State {
    const child = options.spawn();
    const at = performance.now();
    lastLines = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      eachLine(stream, (line) => {
        if (line.trim()) lastLines = [...lastLines, line].slice(-LAST_LINES);
        tell({ kind: "line", line });
      });
    }
    child.on("message", (message) => {
      if (state.kind !== "starting" || state.child !== child || !isUnitMessage(message)) return;
      if (message.kerf === "failed") state.failure = message;
      else {
        state = { kind: "ready", child, at };
        tell({ kind: "ready", ms: performance.now() - at, first: !wasReady, message });
        wasReady = true;
        lastFailure = undefined;
      }
    });
    let spawnError: Error | undefined;
    child.on("error", (error) => (spawnError = error));
    // `close`, not `exit`: by then its last lines have been read.
    child.on("close", (code, signal) => {
      gone(
        child,
        spawnError?.message ?? (signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
      );
    });
    return { kind: "starting", child, at };
  }

  function gone(child: ChildProcess, how: string): void {
    if (!("child" in state) || state.child !== child) return;
    if (state.kind === "stopping") {
      clearTimeout(state.timer);
      if (state.next === "start") state = start();
      else end();
      return;
    }
    const failure = state.kind === "starting" ? state.failure : undefined;
    if (performance.now() - state.at >= steadyMs) pauseMs = backoff.first;
    const againMs = failure?.lasting ? undefined : pauseMs;
    if (againMs === undefined) state = { kind: "broken" };
    else {
      pauseMs = Math.min(pauseMs * 2, backoff.most);
      state = { kind: "waiting", timer: setTimeout(() => (state = start()), againMs) };
    }
    if (failure) {
      tell({ kind: "failed", message: failure.message, repeated: failure.message === lastFailure, againMs });
      lastFailure = failure.message;
    } else tell({ kind: "died", how, lastLines, againMs: againMs! });
  }

  function drain(child: ChildProcess, graceMs: number, next: "start" | "end"): void {
    const message: SupervisorMessage = { kerf: "drain", graceMs };
    if (child.connected) child.send(message, () => {});
    else child.kill("SIGTERM");
    const timer = setTimeout(() => {
      tell({ kind: "killed", graceMs });
      child.kill("SIGKILL");
    }, graceMs + 250);
    state = { kind: "stopping", child, timer, next };
  }

  function end(): void {
    state = { kind: "ended" };
    for (const resolve of whenEnded) resolve();
    whenEnded = [];
  }

  return {
    get kind() {
      return state.kind;
    },
    get pid() {
      return "child" in state ? state.child.pid : undefined;
    },
    restart(graceMs) {
      pauseMs = backoff.first;
      if (state.kind === "starting" || state.kind === "ready") drain(state.child, graceMs, "start");
      else if (state.kind === "waiting" || state.kind === "broken") {
        if (state.kind === "waiting") clearTimeout(state.timer);
        state = start();
      }
    },
    stop(graceMs) {
      const ended = new Promise<void>((resolve) => whenEnded.push(resolve));
      if (state.kind === "starting" || state.kind === "ready") drain(state.child, graceMs, "end");
      else if (state.kind === "stopping") state = { ...state, next: "end" };
      else {
        if (state.kind === "waiting") clearTimeout(state.timer);
        end();
      }
      return ended;
    },
    kill() {
      if ("child" in state) state.child.kill("SIGKILL");
    },
  };
}
