import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ProblemName } from "../problems/catalogue.ts";
import { problem } from "../problems/problem.ts";
import { endWith } from "./answer.ts";

const problemOfParserError: { readonly [code: string]: ProblemName } = {
  HPE_HEADER_OVERFLOW: "headers-too-large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "body-too-large",
  ERR_HTTP_REQUEST_TIMEOUT: "request-timeout",
};

/**
 * Answers what Node could not read as a request, and closes the connection: nobody knows where the next one begins.
 */
export function answerClientError(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable || !mayAnswer(socket)) {
    socket.destroy();
    return;
  }
  // The path is not known, or belongs to an earlier request.
  endWith(problem(problemOfParserError[error.code ?? ""] ?? "malformed-request"), "/", socket);
}

/** Writing while the answer to an earlier request is due would pass for that answer. */
function mayAnswer(socket: Socket): boolean {
  const pending = pendingResponse(socket);
  return pending === undefined || (!pending.headersSent && !pending.req.complete);
}

/** The response that is being made on this connection. Node keeps it there and offers no other way to know. */
export function pendingResponse(socket: Socket): ServerResponse<IncomingMessage> | undefined {
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  return (socket as { _httpMessage?: ServerResponse<IncomingMessage> | null })._httpMessage ?? undefined;
}
