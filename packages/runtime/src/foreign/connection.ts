import { StatusError, type ForeignService } from "kerf";
import { FORBIDDEN_ADDRESS, outboundLookup } from "../outbound/index.ts";
import type { HttpAnswer } from "./answer.ts";
import type { HttpRequest } from "./request.ts";
import type { ForeignSettings } from "./settings.ts";

const defaults = { connectMs: 2_000, answerBytes: 4 * 1_048_576, connections: 32 };

export interface ForeignConnection {
  /** @throws StatusError for what is not an answer: UNAVAILABLE, INTERNAL, or the reason of `signal` */
  ask(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** The connections to one foreign service: a bounded pool that follows no redirects. */
export async function connectForeign(
  name: string,
  { url, credential }: ForeignSettings,
  service: ForeignService,
): Promise<ForeignConnection> {
  // Applications that call none have no use for a client.
  const { Pool } = await import("undici");
  const pool = new Pool(url.origin, {
    connections: service.connections ?? defaults.connections,
    pipelining: 1,
    maxResponseSize: service.answerBytes ?? defaults.answerBytes,
    connect: {
      timeout: service.timeouts?.connectMs ?? defaults.connectMs,
      ...(service.linkLocal ? {} : { lookup: outboundLookup }),
    },
    // Each request has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async ask({ method, path, headers, body }, signal) {
      try {
        const answer = await pool.request({
          method: method as "GET",
          path,
          headers: {
            accept: "application/json",
            "user-agent": "kerf",
            ...headers,
            ...(credential && { [credential[0]]: credential[1] }),
          },
          body: body ?? null,
          signal,
        });
        return {
          status: answer.statusCode,
          contentType: String(answer.headers["content-type"] ?? ""),
          retryAfter: answer.headers["retry-after"]?.toString(),
          body: await answer.body.text(),
        };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw failure(name, error as NodeJS.ErrnoException);
      }
    },
    close: () => pool.destroy(),
  };
}

/** Where it is stays in the log: callers may pass on what they are told. */
function failure(name: string, error: NodeJS.ErrnoException): StatusError {
  const { code = "" } = error;
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE")
    return new StatusError("INTERNAL", `${name} answered with more than is read`, { cause: error });
  if (code === FORBIDDEN_ADDRESS || code.startsWith("HPE_") || code === "UND_ERR_INVALID_ARG")
    return new StatusError("INTERNAL", `${name} cannot be asked (${code})`, { cause: error });
  return new StatusError("UNAVAILABLE", `${name} cannot be reached (${code || error.name})`, {
    cause: error,
  });
}
