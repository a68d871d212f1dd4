import { StatusError, type Actor } from "kerf";
import type { Credentials, Identify } from "./credentials.ts";

/**
 * FOR `kerf dev` ONLY: believes whoever says who they are. `Authorization: Bearer dev:<id>[:role,role]`, such as
 * `Bearer dev:ann:admin,support`. A gateway that listens on anything but loopback refuses to start with it, and one that
 * is asked by another name believes nobody: a page of a stranger may have a name of its own lead to this machine (DNS
 * rebinding), and would be in the browser of whoever develops here.
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

function believe({ headers: { authorization }, host }: Credentials): Actor | undefined {
  if (authorization === undefined) return undefined;
  if (host !== undefined && !isLoopback(nameOf(host)))
    throw new StatusError(
      "UNAUTHENTICATED",
      `"Bearer dev:…" is believed of who asks for localhost or 127.0.0.1, not for ${JSON.stringify(host)}.`,
    );
  const found = typeof authorization === "string" ? credential.exec(authorization) : null;
  if (!found) {
    throw new StatusError(
      "UNAUTHENTICATED",
      'The Authorization header is not "Bearer dev:<id>" or "Bearer dev:<id>:<role>,<role>", the only credential of `kerf dev`.',
    );
  }
  return { id: found[1]!, roles: found[2]?.split(",") ?? [] };
}

/** `localhost` of `localhost:4000`, `::1` of `[::1]:4000`. */
function nameOf(host: string): string {
  const bracket = /^\[([^\]]*)\](?::\d*)?$/.exec(host);
  return bracket ? bracket[1]! : host.replace(/:\d*$/, "").toLowerCase();
}

/** Tells whether only this machine reaches `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
