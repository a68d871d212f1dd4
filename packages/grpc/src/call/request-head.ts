import { parseTimeout } from "./timeout.ts";

const CONNECTION_SPECIFIC = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** What the header block of a request says. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly authority: string;
  /** Milliseconds; undefined without a deadline, NaN when it cannot be read. */
  readonly timeoutMs: number | undefined;
  readonly encoding: string | undefined;
  readonly acceptsGzip: boolean;
  /** -1 when not given. */
  readonly contentLength: number;
  /** Name, value, name, value… of what is the application's. */
  readonly metadata: string[] | undefined;
}

/** Reads a request's fields; undefined when they break RFC 9113, section 8.3, so that the stream must be reset. */
export function readRequestHead(fields: readonly string[], count: number): RequestHead | undefined {
  let method = "";
  let path = "";
  let scheme = "";
  let authority = "";
  let contentType = "";
  let timeoutMs: number | undefined;
  let encoding: string | undefined;
  let acceptsGzip = false;
  let contentLength = -1;
  let metadata: string[] | undefined;
  let regular = false;
  for (let at = 0; at < count; at += 2) {
    const name = fields[at]!;
    const value = fields[at + 1]!;
    if (name.charCodeAt(0) === 0x3a) {
      if (regular) return undefined;
      if (name === ":path" && path === "" && value !== "") path = value;
      else if (name === ":method" && method === "" && value !== "") method = value;
      else if (name === ":scheme" && scheme === "" && value !== "") scheme = value;
      else if (name === ":authority" && authority === "") authority = value;
      else return undefined;
      continue;
    }
    regular = true;
    if (name === "content-type") contentType = value;
    else if (name === "te") {
      if (value !== "trailers") return undefined;
    } else if (name === "grpc-timeout") timeoutMs = parseTimeout(value) ?? NaN;
    else if (name === "grpc-encoding") encoding = value;
    else if (name === "grpc-accept-encoding")
      acceptsGzip = value === "identity,gzip" || value.includes("gzip");
    else if (name === "content-length") {
      if (!/^\d{1,15}$/.test(value)) return undefined;
      contentLength = Number(value);
    } else if (CONNECTION_SPECIFIC.has(name)) return undefined;
    else if (name.charCodeAt(0) !== 0x67 || !isTransportField(name)) {
      if (metadata === undefined) metadata = [name, value];
      else metadata.push(name, value);
    }
  }
  if (method === "" || path === "" || scheme === "") return undefined;
  return { method, path, contentType, authority, timeoutMs, encoding, acceptsGzip, contentLength, metadata };
}

/** Fields of gRPC itself that are not shown to applications. */
function isTransportField(name: string): boolean {
  return (
    name.startsWith("grpc-") &&
    (name === "grpc-message-type" || name === "grpc-accept-encoding" || name === "grpc-encoding")
  );
}

/** `application/grpc`, alone or with a suffix for the format, or parameters. */
export function isGrpc(contentType: string): boolean {
  if (contentType === "application/grpc") return true;
  return contentType.startsWith("application/grpc+") || contentType.startsWith("application/grpc;");
}
