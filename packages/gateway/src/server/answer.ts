import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { problemBody, problemHeaders, type Problem } from "../problems/problem.ts";
import { newTraceparent, traceIdOf } from "../trace.ts";

/**
 * Answers with a problem where there is no response object, and closes the connection.
 * @param path of the request; `"/"` where none is known
 */
export function endWith(found: Problem, path: string, socket: Duplex): void {
  const traceparent = newTraceparent();
  const body = problemBody(found, path, traceIdOf(traceparent));
  const headers = {
    ...problemHeaders(found, traceparent),
    "content-length": String(Buffer.byteLength(body)),
    date: new Date().toUTCString(),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${found.status} ${STATUS_CODES[found.status] ?? "Refused"}\r\n${lines.join("")}\r\n`;
  // `end` alone would leave half a connection to a client that never closes its own.
  socket.end(head + body, () => socket.destroy());
}
