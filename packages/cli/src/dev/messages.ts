import type { Actor } from "kerf";

/** What a unit tells its supervisor over the channel between them. */
export type UnitMessage =
  | {
      readonly kerf: "ready";
      /** `host:port` of its gRPC; undefined where nobody else needs it. */
      readonly address: string | undefined;
      /** URL of the gateway, in the unit that holds it. */
      readonly gateway: string | undefined;
      /** A path of the gateway that anybody may GET. */
      readonly example: string | undefined;
      /** URL of `/livez`, `/readyz` and `/status`. */
      readonly health: string;
    }
  /** It was told to retire, and has finished what was in flight. */
  | { readonly kerf: "retired" }
  /** What came of a call by hand. */
  | ({ readonly kerf: "called"; readonly id: number } & Called)
  /** It cannot start. `lasting`: nor will it, unless somebody changes a file. */
  | { readonly kerf: "failed"; readonly message: string; readonly lasting: boolean };

/** A call by hand, for a person whom the supervisor knows. */
export interface Calling {
  readonly member: string;
  readonly input: unknown;
  /** Undefined for a stranger. */
  readonly actor: Actor | undefined;
  /** Of a command. */
  readonly key: string | undefined;
}

/** As the gateway would answer. */
export interface Called {
  readonly status: number;
  /** The output, or a problem. */
  readonly body: unknown;
  readonly traceId: string;
}

/** What a supervisor tells a unit. */
export type SupervisorMessage =
  /** The process before it is gone: what it held is free now. */
  | { readonly kerf: "begin" }
  /** Finish what is in flight within `graceMs`, then end. */
  | { readonly kerf: "drain"; readonly graceMs: number }
  /** Finish what is in flight within `graceMs` and take nothing new, but stay to be looked at. */
  | { readonly kerf: "retire"; readonly graceMs: number }
  | ({ readonly kerf: "call"; readonly id: number } & Calling)
  /** A connection to the gateway's port comes with it. */
  | { readonly kerf: "connection" };

const SUPERVISOR_WORDS: ReadonlySet<string> = new Set<SupervisorMessage["kerf"]>([
  "begin",
  "drain",
  "retire",
  "call",
  "connection",
]);

export function isUnitMessage(value: unknown): value is UnitMessage {
  return typeof value === "object" && value !== null && "kerf" in value;
}

export function isSupervisorMessage(value: unknown): value is SupervisorMessage {
  return (
    typeof value === "object" &&
    value !== null &&
    "kerf" in value &&
    typeof value.kerf === "string" &&
    SUPERVISOR_WORDS.has(value.kerf)
  );
}

/** Set for units that a supervisor started: Ctrl-C reaches them too, but it is the supervisor that ends them. */
export const SUPERVISED = "KERF_SUPERVISED";
