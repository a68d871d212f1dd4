import type { onRequestHookHandler } from "fastify";
import { answerClientError } from "./client-error.ts";

/**
 * Ends a request whose body has not arrived within `ms`, as Node does for the whole server: needed only where the server
 * waits longer, since other requests may take their time.
 */
export function bodyDeadline(ms: number): onRequestHookHandler {
  return ({ raw }, _reply, done) => {
    if (raw.headers["content-length"] !== undefined || raw.headers["transfer-encoding"] !== undefined) {
      const timer = setTimeout(() => {
        if (!raw.complete) answerClientError({ code: "ERR_HTTP_REQUEST_TIMEOUT" }, raw.socket);
      }, ms);
      raw.once("close", () => clearTimeout(timer));
    }
    done();
  };
}
