import type { Deprecation } from "kerf";
import type { AnyRoute } from "../routes.ts";

/** The headers that do not depend on the request: names and values in turn. */
export function deprecationHeaders({ sinceAt, sunsetAt }: Deprecation): readonly string[] {
  return [
    // RFC 9745, section 2.1: a date of structured fields.
    "deprecation",
    `@${Math.floor(sinceAt / 1000)}`,
    // RFC 8594, section 3: an HTTP date.
    ...(sunsetAt === undefined ? [] : ["sunset", new Date(sunsetAt).toUTCString()]),
  ];
}

/**
 * Makes what writes the `Link` header of an old route: where it is explained, and, for GET, where the same is found in the
 * version of today, if its path can be written from that of the old one. Undefined where there is nothing to say.
 */
export function linkOf(
  route: AnyRoute,
  successor: AnyRoute | undefined,
): ((parameters: Readonly<Record<string, string>>) => string) | undefined {
  const { deprecated } = route.member;
  const explained = deprecated?.link && `<${deprecated.link}>; rel="deprecation"; type="text/html"`;
  const known =
    successor?.method === route.method &&
    successor.parameters.every((name) => route.parameters.includes(name));
  if (!known) return explained === undefined ? undefined : () => explained;
  const segments = successor.path.split("/");
  return (parameters) => {
    const path = segments
      .map((part) => (part.startsWith(":") ? encodeURIComponent(parameters[part.slice(1)]!) : part))
      .join("/");
    // RFC 5829, section 3.2
    const next = `<${path}>; rel="successor-version"`;
    return explained === undefined ? next : `${explained}, ${next}`;
  };
}
