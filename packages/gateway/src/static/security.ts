import type { StaticFiles } from "kerf";

/**
 * What pages may do: their own scripts, styles and calls, and no more. Nobody may frame them, and inline scripts do not run.
 * @see https://www.w3.org/TR/CSP3/
 */
const strict: { readonly [directive: string]: readonly string[] } = {
  "default-src": ["'self'"],
  "img-src": ["'self'", "data:"],
  "connect-src": ["'self'"],
  "object-src": ["'none'"],
  "base-uri": ["'none'"],
  "form-action": ["'self'"],
  "frame-ancestors": ["'none'"],
};

/** Where people log in: a page asks it for tokens. */
export type IssuerOrigins = readonly string[];

/** The headers of every file. */
export function securityHeaders(csp: StaticFiles["csp"], issuers: IssuerOrigins): Record<string, string> {
  return {
    "content-security-policy": policyOf(csp ?? {}, issuers),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
  };
}

function policyOf(added: NonNullable<StaticFiles["csp"]>, issuers: IssuerOrigins): string {
  const directives = new Map(Object.entries(strict));
  for (const [directive, sources] of [...Object.entries(added), ["connect-src", issuers] as const]) {
    // A directive that is named for the first time no longer falls back to default-src, which allows one's own.
    const before = directives.get(directive) ?? ["'self'"];
    directives.set(directive, [...before.filter((each) => each !== "'none'"), ...sources]);
  }
  return [...directives]
    .map(([directive, sources]) => `${directive} ${[...new Set(sources)].join(" ")}`)
    .join("; ");
}
