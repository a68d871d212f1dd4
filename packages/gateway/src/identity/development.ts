import { StatusError, type Actor } from "kerf";
import type { Credentials, Identify } from "./credentials.ts";

/**
 * FOR `kerf dev` ONLY: believes whoever says who they are. `Authorization: Bearer dev:<id>[:role,role]`, such as
 * `Bearer dev:ann:admin,support`. A gateway that listens on anything but loopback refuses to start with it.
 */
export function developmentIdentity(): Identify {
  return believe;
}

/** Tells whether it is {@link developmentIdentity}, or asks that. */
export function isDevelopmentIdentity(identify: Identify): boolean {
  return believing.has(identify);
}

/** Says that `identify` asks {@link developmentIdentity}, so that it is held to loopback as that is. */
export function markDevelopment(identify: Identify): void {
  believing.add(identify);
}

const believing = new WeakSet<Identify>([believe]);

const credential = /^Bearer dev:([\w.@-]{1,100})(?::([\w-]{1,40}(?:,[\w-]{1,40}){0,19}))?$/i;

function believe({ headers: { authorization } }: Credentials): Actor | undefined {
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
