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
  /** It cannot start. `lasting`: nor will it, unless somebody changes a file. */
  | { readonly kerf: "failed"; readonly message: string; readonly lasting: boolean };

/** What a supervisor tells a unit. */
export type SupervisorMessage =
  /** The process before it is gone: what it held is free now. */
  | { readonly kerf: "begin" }
  /** Finish what is in flight within `graceMs`, then end. */
  | { readonly kerf: "drain"; readonly graceMs: number }
  /** A connection to the gateway's port comes with it. */
  | { readonly kerf: "connection" };

export function isUnitMessage(value: unknown): value is UnitMessage {
  return typeof value === "object" && value !== null && "kerf" in value;
}

export function isSupervisorMessage(value: unknown): value is SupervisorMessage {
  return (
    typeof value === "object" &&
    value !== null &&
    "kerf" in value &&
    (value.kerf === "begin" || value.kerf === "drain" || value.kerf === "connection")
  );
}

/** Set for units that a supervisor started: Ctrl-C reaches them too, but it is the supervisor that ends them. */
export const SUPERVISED = "KERF_SUPERVISED";
