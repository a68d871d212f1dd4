import type { Bounds } from "./bounded.ts";

/** What a validator does with what it does not know. */
export interface ValidatorOptions {
  /** "reject" at the gateway, "drop" between services and in events. */
  readonly unknownFields: "reject" | "drop";
  /** "open": a value that an enum does not list becomes "unknown", if the enum lists that. */
  readonly enums: "exact" | "open";
  /** Of what the schema leaves without an upper limit; none where absent. */
  readonly bounds?: Bounds;
}
