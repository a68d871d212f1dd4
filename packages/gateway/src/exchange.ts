import type { IncomingMessage, ServerResponse } from "node:http";
import type { Actor } from "kerf";

/** Text by name, as path and query give it; what is given several times is a list. */
export type Texts = { readonly [name: string]: string | readonly string[] | undefined };

/** One request for a route of a contract, and what is known of it so far. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Its own, never the client's: W3C trace context. */
  readonly traceparent: string;
  /** Of the path, decoded. */
  readonly parameters: Texts;
  readonly query: Texts;
  /** Who asks; undefined is a stranger. */
  actor: Actor | undefined = undefined;
  /** The JSON value of the body, once it is read; undefined where there is none. */
  body: unknown = undefined;
  /** Headers that the answer will have, whatever that is: names, in lower case, and values in turn. */
  readonly headers: (string | number)[] = [];
  /** What the answer depends on besides the URL: the value of `Vary`. */
  varies = "";

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    traceparent: string,
    parameters: Texts,
    query: Texts,
  ) {
    this.request = request;
    this.response = response;
    this.traceparent = traceparent;
    this.parameters = parameters;
    this.query = query;
  }

  /** Adds to what the answer depends on. */
  vary(names: string): void {
    this.varies = this.varies === "" ? names : `${this.varies}, ${names}`;
  }
}
