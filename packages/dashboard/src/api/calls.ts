/** Somebody whom the embedded provider knows. */
export interface PersonView {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

export interface PeopleView {
  /** Whom a call can be made as. Empty where another provider is configured, or none: a token can be given then. */
  readonly people: readonly PersonView[];
}

/**
 * A call by hand. Where the member has a route it goes through the gateway, as anybody's request does; where it has none, to
 * the service itself, which asks the same of the person.
 */
export interface CallRequest {
  /** `"inventory@1.reserve"`. */
  readonly member: string;
  /** Default: an empty object. */
  readonly input?: { readonly [name: string]: unknown };
  /** The id of one of {@link PeopleView}; null or absent: a stranger. */
  readonly as?: string | null;
  /** Instead of `as`: an access token of another provider. It is kept nowhere. For a member with a route. */
  readonly token?: string;
  /** Of a command: its `Idempotency-Key`. Default: a new one, which is in the answer. */
  readonly id?: string;
}

/** What came of it, whatever the status was: an answer of the application is a success of this API. */
export interface CallAnswer {
  /** What was asked: `"POST http://127.0.0.1:4000/v1/orders"`, or `"operator → inventory@1.reserve"` past the gateway. */
  readonly request: string;
  /** Past the gateway: what it would have been there. */
  readonly status: number;
  /** Of the gateway. */
  readonly headers: { readonly [name: string]: string };
  /** Parsed where it is JSON, text otherwise; null where there is none. */
  readonly body: unknown;
  /** There was more than the 1 MiB that is here. */
  readonly truncated: boolean;
  /** Of a stream: its messages, at most 20 and within 5 s; `body` is null then. */
  readonly messages?: readonly unknown[];
  /** Its trace, which is there as soon as the units have sent it. */
  readonly traceId: string | null;
  /** Of a command: under which id it can be asked again. */
  readonly id: string | null;
  readonly milliseconds: number;
}
