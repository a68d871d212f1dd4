/** Raw headers as Node has them: name, value, name, value… */
export type RawHeaders = readonly string[];

/** What concerns one connection only, whether or not Connection says so (RFC 9110 section 7.6.1). */
const always = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** What Connection must not take away: a stranger could remove what the next one decides by. */
const endToEnd = new Set(["host", "content-length", "content-type", "cookie", "authorization", "via"]);

/** Tells, for the headers of one message, which names are not passed on. In lower case. */
export function hopByHop(headers: RawHeaders): (name: string) => boolean {
  let named: Set<string> | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.length !== 10 || headers[i]!.toLowerCase() !== "connection") continue;
    for (const part of headers[i + 1]!.split(",")) {
      const name = part.trim().toLowerCase();
      if (name === "close" || name === "keep-alive" || name === "" || endToEnd.has(name)) continue;
      (named ??= new Set()).add(name);
    }
  }
  if (named === undefined) return isAlways;
  const also = named;
  return (name) => always.has(name) || also.has(name);
}

function isAlways(name: string): boolean {
  return always.has(name);
}
