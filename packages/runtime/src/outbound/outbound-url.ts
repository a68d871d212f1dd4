import { DeclarationError } from "kerf";
import { isForbiddenAddress } from "./address.ts";

export interface OutboundUrlRules {
  /** Schemes that may be used. Default http and https. */
  readonly schemes?: readonly ("http" | "https")[];
  /** Whether a path may follow the host. Default true. */
  readonly path?: boolean;
  /** Whether link-local addresses are meant, such as a sidecar's or a metadata service's. Default false. */
  readonly linkLocal?: boolean;
}

/**
 * Reads a URL that somebody configured and this process will ask: an issuer, an existing application, a cache to purge.
 * Numbers in any notation (`http://2852039166/`, `http://0xa9.254.43518/`) are read as the addresses that they are. What
 * a name leads to is only known when it is connected to: connect with {@link outboundLookup}.
 * @throws DeclarationError at `place`, which never repeats a password
 */
export function readOutboundUrl(text: string, place: string, rules: OutboundUrlRules = {}): URL {
  const url = typeof text === "string" ? URL.parse(text) : null;
  const { schemes = ["http", "https"], path = true, linkLocal = false } = rules;
  if (url === null)
    throw new DeclarationError(
      place,
      "is no absolute URL",
      `write one, such as ${schemes[0]}://127.0.0.1:3000`,
    );
  if (!schemes.some((scheme) => url.protocol === `${scheme}:`))
    throw new DeclarationError(
      place,
      `its scheme is ${url.protocol.slice(0, -1)}`,
      `use ${schemes.join(" or ")}`,
    );
  if (url.username !== "" || url.password !== "")
    throw new DeclarationError(
      place,
      "holds credentials",
      "give them as a setting of their own: URLs are logged",
    );
  if (url.hash !== "")
    throw new DeclarationError(place, "has a fragment, which is never sent", "leave out what follows #");
  if (!path && (url.pathname !== "/" || url.search !== ""))
    throw new DeclarationError(place, "has a path or a query", `write ${url.origin}`);
  if (!linkLocal && isForbiddenAddress(url.hostname))
    throw new DeclarationError(
      place,
      `${url.hostname} is an address of the machine's metadata service, or of nobody`,
      "name the host that is meant",
    );
  return url;
}
