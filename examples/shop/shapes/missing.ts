import { StatusError } from "kerf";

/** What is not there, or not to be seen by whoever asks: they are told the same. */
export function missing(what: string, id: string | number): StatusError {
  return new StatusError("NOT_FOUND", `there is no ${what} ${id}`);
}
