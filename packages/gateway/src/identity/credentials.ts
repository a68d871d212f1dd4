import type { Actor } from "kerf";
import type { IncomingHttpHeaders } from "node:http";

/** What `identify` is given. */
export interface Credentials {
  readonly headers: Record<string, string | string[] | undefined>;
  /** The name by which the gateway was asked, with its port: `"127.0.0.1:4000"`. */
  readonly host?: string | undefined;
}

/**
 * Says who asks; undefined is a stranger. What can be said at once needs no promise, and then costs none.
 * @throws StatusError UNAUTHENTICATED for a credential that is not valid
 */
export type Identify = (request: Credentials) => Actor | undefined | Promise<Actor | undefined>;

/**
 * The headers that carry a credential, and no others. Whatever else claims an identity (X-Forwarded-User, X-User-Id,
 * X-Real-IP, Forwarded…) was written by the stranger themselves: nobody inside ever sees it.
 */
const credentialHeaders = ["authorization", "cookie", "dpop", "x-api-key"] as const;

/** Takes the credentials out of a request. */
export function credentialsOf(headers: IncomingHttpHeaders): Credentials {
  const taken: Credentials["headers"] = {};
  for (const name of credentialHeaders) {
    if (headers[name] !== undefined) taken[name] = headers[name];
  }
  return { headers: taken, host: headers.host };
}
