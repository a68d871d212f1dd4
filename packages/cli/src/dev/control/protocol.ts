/** The kinds of faults, in the order in which people are told about them. */
export const FAULTS = [
  "kill",
  "pause",
  "restart",
  "database",
  "backends",
  "exhaust",
  "latency",
  "loss",
  "reset",
  "cut",
  "duplicate",
] as const;

export type FaultKind = (typeof FAULTS)[number];

export type Way = "to-server" | "to-client";

/** One thing that goes wrong. Times in ms; `process` and `link` are names that {@link Description} lists. */
export type Fault =
  /** SIGKILL. */
  | { readonly kind: "kill"; readonly process: string }
  /** SIGSTOP, and SIGCONT after `ms`. */
  | { readonly kind: "pause"; readonly process: string; readonly ms: number }
  /** It is asked to end, and started again. */
  | { readonly kind: "restart"; readonly process: string }
  | { readonly kind: "database"; readonly how: "restart" | "crash" }
  /** So many connections are ended by the server. */
  | { readonly kind: "backends"; readonly most: number }
  /** Every connection that the server has left is taken. */
  | { readonly kind: "exhaust"; readonly how: "server"; readonly ms: number }
  /** A lock, behind which the pool of a service runs dry. */
  | { readonly kind: "exhaust"; readonly how: "pool"; readonly service: string; readonly ms: number }
  | { readonly kind: "latency"; readonly link: string; readonly delayMs: number; readonly ms: number }
  /** What goes one way does not arrive before `ms` are over. */
  | { readonly kind: "loss"; readonly link: string; readonly way: Way; readonly ms: number }
  /** Every connection gets a TCP reset. */
  | { readonly kind: "reset"; readonly link: string }
  /** Half of what comes next arrives, and then the end. */
  | { readonly kind: "cut"; readonly link: string; readonly way: Way }
  /** Lanes are set back by up to so many messages each. */
  | { readonly kind: "duplicate"; readonly most: number };

/** One process of a session. */
export interface ProcessFacts {
  /** `"back"`, and `"back/2"` for its second replica. */
  readonly name: string;
  readonly unit: string;
  readonly services: readonly string[];
  readonly pid: number | undefined;
  readonly ready: boolean;
  /** URL of `/status`; undefined until it was ready for the first time. */
  readonly health: string | undefined;
  /** `host:port` on which the other units call it. */
  readonly address: string | undefined;
}

/** What runs, and what can be done to it. */
export interface Description {
  readonly app: string;
  readonly topology: string;
  /** The folder of kerf.config.ts. */
  readonly folder: string;
  readonly gateway: string | undefined;
  readonly leaseMs: number;
  readonly processes: readonly ProcessFacts[];
  /** Ways through a proxy: `"back"`, calls to that process; `"back>database"`. */
  readonly links: readonly string[];
  /** Services with a database of their own. */
  readonly stored: readonly string[];
  /** Whether the database is the session's own, so that it may be broken. */
  readonly database: boolean;
}

/** What was done. Absent where it does not apply. */
export interface Done {
  /** From the fault until it was over, or healed: for a process, until it was ready again. */
  readonly ms: number;
  readonly pid?: number;
  /** How many connections, or messages. */
  readonly count?: number;
  /** Of a process that was killed: what it held, and how long until nothing of that waited any more. */
  readonly held?: { readonly outbox: number; readonly deliveries: number; readonly sagas: number };
  /** Undefined with `held`: it still waited when the wait was given up. */
  readonly recoveredMs?: number;
}

/** A line from `kerf chaos`. All faults belong to its connection: they end with it. */
export type Request =
  | { readonly id: number; readonly do: "describe" }
  /** Takes the session, and restarts its units so that they reach each other and the database through proxies. */
  | { readonly id: number; readonly do: "begin" }
  /** Answered when it is over. */
  | { readonly id: number; readonly do: "fault"; readonly fault: Fault }
  /** Ends every fault; answered when every process is ready. */
  | { readonly id: number; readonly do: "heal" };

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: string };

/** No fault lasts longer, whoever asks. */
export const LONGEST_MS = 10 * 60_000;

/** Name of the socket in the data folder. */
export const SOCKET = "control.sock";
