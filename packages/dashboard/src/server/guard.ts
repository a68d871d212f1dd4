import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

/** Headers of every answer: nothing from elsewhere runs in the page, and nobody frames it or learns where it was. */
export const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** Who may ask for what: only this machine's browser, from the dashboard's own page, with the token of `kerf dev`. */
export interface Guard {
  /** A page elsewhere may have a name that leads here (DNS rebinding): then it is the host that betrays it. @throws Refusal */
  checkHost(request: IncomingMessage): void;
  /** A page of another port of this machine is of the same site, and its requests bring the cookie. @throws Refusal */
  checkOrigin(request: IncomingMessage): void;
  /** The cookie of the page, or the token as a program sends it (RFC 6750). @throws Refusal */
  checkSession(request: IncomingMessage): void;
  /** The cookie for who knows the token. @throws Refusal */
  open(token: unknown): string;
}

/** `port` is asked for when the server listens. */
export function guard(token: string, port: () => number): Guard {
  // The same after a restart, as long as the token is.
  const session = createHash("sha256").update(`kerf dashboard session ${token}`).digest("base64url");
  const cookie = (): string => `kerf_dashboard_${port()}`;
  const hosts = (): string[] => ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port()}`);

  return {
    checkHost({ headers }) {
      if (!hosts().includes(headers.host?.toLowerCase() ?? ""))
        throw new Refusal(421, "this is only for names of this machine: use the URL that kerf dev prints");
    },
    checkOrigin({ method, headers }) {
      const { origin } = headers;
      const site = headers["sec-fetch-site"];
      const foreign =
        (origin !== undefined && origin !== `http://${headers.host}`) ||
        (site !== undefined && site !== "same-origin" && site !== "none");
      if (foreign) throw new Refusal(403, "only the dashboard's own page may ask");
      // A page cannot send the token without being asked for its origin; a program has none.
      if (
        method !== "GET" &&
        method !== "HEAD" &&
        origin === undefined &&
        headers.authorization === undefined
      )
        throw new Refusal(403, "what changes something must say its origin");
    },
    checkSession({ headers }) {
      if (headers.authorization !== undefined) {
        // Who says who they are is not taken for whoever the cookie says.
        if (!same(/^Bearer +(\S+)$/i.exec(headers.authorization)?.[1], token))
          throw new Refusal(401, "the token is wrong: it is in dashboard.json of the data folder");
        return;
      }
      const given = (headers.cookie ?? "")
        .split(";")
        .map((pair) => pair.trim().split("="))
        .find(([name]) => name === cookie())?.[1];
      if (!same(given, session))
        throw new Refusal(401, "open the URL that kerf dev prints: it holds the token");
    },
    open(given) {
      if (!same(given, token))
        throw new Refusal(403, "the token is wrong: open the URL that kerf dev prints");
      return `${cookie()}=${session}; Path=/; HttpOnly; SameSite=Strict`;
    },
  };
}

function same(given: unknown, wanted: string): boolean {
  if (typeof given !== "string") return false;
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}
