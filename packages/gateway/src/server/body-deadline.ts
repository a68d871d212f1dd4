import type { Stage } from "../stage.ts";
import { answerClientError } from "./client-error.ts";

/**
 * Ends a request whose body has not arrived within `ms`, as Node does for the whole server: needed only where the server
 * waits longer, since other requests may take their time.
 */
export function bodyDeadline(ms: number): Stage {
  return (next) => (exchange) => {
    const { request } = exchange;
    const { headers } = request;
    if (headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined) {
      const timer = setTimeout(() => {
        if (!request.complete) answerClientError({ code: "ERR_HTTP_REQUEST_TIMEOUT" }, request.socket);
      }, ms);
      request.once("close", () => clearTimeout(timer));
    }
    next(exchange);
  };
}
