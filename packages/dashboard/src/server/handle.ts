import type { IncomingMessage, ServerResponse } from "node:http";
import type { Parts } from "../parts.ts";
import type { Parameters } from "./parameters.ts";

export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stood for each `*`. */
  readonly path: readonly string[];
  readonly query: Parameters;
}

/** Gives what is sent as JSON; undefined for 204; `"sent"` where it has answered by itself. */
export type Handle = (parts: Parts, asked: Asked) => unknown;
export type Routes = Readonly<Record<string, Handle>>;
