import { StatusError, type Actor } from "kerf";
import type { Credentials } from "./credentials.ts";

type Identify = (request: Credentials) => Promise<Actor | undefined>;

/**
 * FOR `kerf dev` ONLY: believes whoever says who they are. `Authorization: Bearer dev:<id>[:role,role]`, such as
 * `Bearer dev:ann:admin,support`. A gateway that listens on anything but loopback refuses to start with it.
 */
export function developmentIdentity(): Identify {
  return believe;
}

/** Tells whether it came from {@link developmentIdentity}. */
export function isDevelopmentIdentity(identify: Identify): boolean {
  return identify === believe;
}

const credential = /^Bearer dev:([\w.@-]{1,100})(?::([\w-]{1,40}(?:,[\w-]{1,40}){0,19}))?$/i;

async function believe({ headers: { authorization } }: Credentials): Promise<Actor | undefined> {
  if (authorization === undefined) return undefined;
  const found = typeof authorization === "string" ? credential.exec(authorization) : null;
  if (!found) {
    throw new StatusError(
      "UNAUTHENTICATED",
      'The Authorization header is not "Bearer dev:<id>" or "Bearer dev:<id>:<role>,<role>", the only credential of `kerf dev`.',
    );
  }
  return { id: found[1]!, roles: found[2]?.split(",") ?? [] };
}

/** Tells whether only this machine reaches `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
