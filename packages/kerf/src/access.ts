/** The person (or machine) on whose behalf something runs. Data, not authority, once it travels in a message. */
export interface Actor {
  readonly id: string;
  readonly roles: readonly string[];
}

/** Who calls: `service` is undefined at the gateway. */
export interface Caller {
  readonly service: string | undefined;
}

/** How an invocation arrived. */
export type Via = "gateway" | "call" | "message" | "saga" | "schedule";

/** What an access function may look at. */
export interface Claims {
  readonly caller: Caller;
  readonly actor: Actor | undefined;
  readonly via: Via;
}

/**
 * Who may use a query or command from outside: anybody, anybody who is known, a role, or whoever the function
 * admits (object-level rules such as "own orders only"). Required wherever there is `http`.
 */
export type AccessRule = "public" | "user" | `role:${string}` | ((input: any, claims: Claims) => boolean);
