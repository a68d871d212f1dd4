import type { AnyEvent } from "kerf";
import { compileValidator } from "../validate/index.ts";
import type { Envelope } from "./envelope.ts";

/** The data of a message as a subscriber takes it. @throws Error where it does not fit */
export type EventReader = (envelope: Envelope) => Record<string, unknown>;

/** Reads messages of an event: a copy, without unknown fields, with values that came later as `"unknown"`. */
export function eventReader(event: AnyEvent): EventReader {
  const validate = compileValidator(event.data, { unknownFields: "drop", enums: "open" });
  return ({ type, data }) => {
    const checked = validate(data);
    if (checked.ok) return checked.value as Record<string, unknown>;
    const wrong = checked.violations.map((v) => `${v.path} ${v.message}`.trim()).join("; ");
    throw new Error(`the data of ${type} does not fit: ${wrong}`);
  };
}
