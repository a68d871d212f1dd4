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
  | { readonly kind: "killed"; readonly graceMs: number }
  /** It has finished what was in flight, and stays. */
  | { readonly kind: "drained" };

export interface UnitProcessOptions {
  readonly spawn: () => ChildProcess;
  readonly tell: (event: UnitEvent) => void;
  /** The process that is ready to serve; undefined before one is told to drain, and where none is. */
  readonly onServing?: (child: ChildProcess | undefined) => void;
  /** It was told to retire: nobody serves until it is restarted. */
  readonly onRetired?: () => void;
  /** First and longest pause before a unit that died is started again. Default 500 and 30,000. */
  readonly backoffMs?: { readonly first: number; readonly most: number };
  /** A unit that lived this long begins again with the first pause. Default 30,000. */
  readonly steadyMs?: number;
}

/** The process of one unit, kept running. */
export interface UnitProcess {
  readonly kind: State["kind"];
  readonly pid: number | undefined;
  /** The process, where it is ready. */
  readonly ready: ChildProcess | undefined;
  /** Ends the process and starts another, which loads its code meanwhile; at once where it is waiting to be. */
  restart(graceMs: number): void;
  /** Has it finish what is in flight and take nothing new, until it is restarted. False where it is not ready. */
  retire(graceMs: number): boolean;
  /** Ends the process for good; resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL, at once. */
  kill(): void;
  /** The next pause before it is started again is the first one: it is about to be killed for no fault of its own. */
  forgive(): void;
}

/** One process, from its spawn to its end. */
interface Run {
  readonly child: ChildProcess;
  readonly at: number;
  failure?: Failed;
  /** How it ended. */
  ended?: string;
}

type State =
  | { readonly kind: "starting"; readonly run: Run }
  | { readonly kind: "ready"; readonly run: Run }
  | { readonly kind: "draining"; readonly run: Run }
  | { readonly kind: "drained"; readonly run: Run }
  | {
      readonly kind: "stopping";
      readonly run: Run;
      readonly timer: NodeJS.Timeout;
      /** Loads its code already, and begins when the other is gone. Without one, that is the end. */
      readonly next: Run | undefined;
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
  let state: State = begin(load());

  function load(): Run {
    const child = options.spawn();
    const run: Run = { child, at: performance.now() };
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      eachLine(stream, (line) => {
        if (line.trim()) lastLines = [...lastLines, line].slice(-LAST_LINES);
        tell({ kind: "line", line });
      });
    }
    child.on("message", (message) => {
      if (!isUnitMessage(message)) return;
      if (message.kerf === "failed") run.failure = message;
      else if (message.kerf === "retired") {
        if (state.kind !== "draining" || state.run !== run) return;
        state = { kind: "drained", run };
        tell({ kind: "drained" });
      } else if (message.kerf === "ready" && state.kind === "starting" && state.run === run) {
        state = { kind: "ready", run };
        options.onServing?.(child);
        tell({ kind: "ready", ms: performance.now() - run.at, first: !wasReady, message });
        wasReady = true;
        lastFailure = undefined;
      }
    });
    let spawnError: Error | undefined;
    child.on("error", (error) => (spawnError = error));
    // `close`, not `exit`: by then its last lines have been read.
    child.on("close", (code, signal) => {
      run.ended = spawnError?.message ?? (signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
      gone(run);
    });
    return run;
  }

  function begin(run: Run): State {
    lastLines = [];
    say(run.child, { kerf: "begin" });
    return { kind: "starting", run };
  }

  function gone(run: Run): void {
    if (!("run" in state) || state.run !== run) return;
    if (state.kind !== "stopping") return lost(run);
    clearTimeout(state.timer);
    const { next } = state;
    if (!next) return end();
    state = begin(next);
    if (next.ended !== undefined) lost(next);
  }

  /** It ended by itself. */
  function lost({ failure, at, ended }: Run): void {
    options.onServing?.(undefined);
    const starting = state.kind === "starting" ? failure : undefined;
    if (performance.now() - at >= steadyMs) pauseMs = backoff.first;
    const againMs = starting?.lasting ? undefined : pauseMs;
    if (againMs === undefined) state = { kind: "broken" };
    else {
      pauseMs = Math.min(pauseMs * 2, backoff.most);
      state = { kind: "waiting", timer: setTimeout(() => (state = begin(load())), againMs) };
    }
    if (starting) {
      tell({
        kind: "failed",
        message: starting.message,
        repeated: starting.message === lastFailure,
        againMs,
      });
      lastFailure = starting.message;
    } else tell({ kind: "died", how: ended!, lastLines, againMs: againMs! });
  }

  function drain(run: Run, graceMs: number, next: Run | undefined): void {
    options.onServing?.(undefined);
    if (!say(run.child, { kerf: "drain", graceMs })) run.child.kill("SIGTERM");
    const timer = setTimeout(() => {
      tell({ kind: "killed", graceMs });
      run.child.kill("SIGKILL");
    }, graceMs + 250);
    state = { kind: "stopping", run, timer, next };
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
      return "run" in state ? state.run.child.pid : undefined;
    },
    get ready() {
      return state.kind === "ready" ? state.run.child : undefined;
    },
    restart(graceMs) {
      pauseMs = backoff.first;
      if (isUp(state)) drain(state.run, graceMs, load());
      else if (state.kind === "stopping" && state.next) {
        // What it has loaded may be older than the change.
        state.next.child.kill("SIGKILL");
        state = { ...state, next: load() };
      } else if (state.kind === "waiting" || state.kind === "broken") {
        if (state.kind === "waiting") clearTimeout(state.timer);
        state = begin(load());
      }
    },
    retire(graceMs) {
      if (state.kind !== "ready") return state.kind === "draining" || state.kind === "drained";
      const { run } = state;
      if (!say(run.child, { kerf: "retire", graceMs })) return false;
      options.onRetired?.();
      state = { kind: "draining", run };
      return true;
    },
    stop(graceMs) {
      const ended = new Promise<void>((resolve) => whenEnded.push(resolve));
      if (isUp(state)) drain(state.run, graceMs, undefined);
      else if (state.kind === "stopping") {
        state.next?.child.kill("SIGKILL");
        state = { ...state, next: undefined };
      } else {
        if (state.kind === "waiting") clearTimeout(state.timer);
        end();
      }
      return ended;
    },
    forgive() {
      pauseMs = backoff.first;
    },
    kill() {
      if (!("run" in state)) return;
      state.run.child.kill("SIGKILL");
      if (state.kind === "stopping") state.next?.child.kill("SIGKILL");
    },
  };
}

function isUp(
  state: State,
): state is Extract<State, { kind: "starting" | "ready" | "draining" | "drained" }> {
  const { kind } = state;
  return kind === "starting" || kind === "ready" || kind === "draining" || kind === "drained";
}

/** False where it cannot hear. */
function say(child: ChildProcess, message: SupervisorMessage): boolean {
  if (!child.connected) return false;
  child.send(message, () => {});
  return true;
}
