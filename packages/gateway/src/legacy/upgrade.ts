import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { problem, type Problem } from "../problems/problem.ts";
import { newTraceparent } from "../trace.ts";
import { TIMED_OUT } from "./connection.ts";
import type { Forwarding } from "./forward.ts";
import { isLoop, requestHeaders, responseHeaders } from "./headers.ts";

/** Sends on a request to change the protocol, and then, both ways, whatever that is: WebSocket and its like. */
export function forwardUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  forwarding: Forwarding,
  refuse: (found: Problem) => void,
): void {
  if (isLoop(request, forwarding.pseudonym)) return refuse(problem("loop-detected"));
  const headers = requestHeaders(request, newTraceparent(), forwarding);
  headers.push("Connection", "Upgrade", "Upgrade", request.headers.upgrade!);
  // A connection of its own: it never comes back.
  const upstream = forwarding.connections.open(request.method!, request.url!, headers, false);
  const gone = () => upstream.destroy();
  socket.once("close", gone).on("error", gone);
  upstream.once("upgrade", (answer, other, first) => {
    socket.off("close", gone);
    const changed = ["Connection", "Upgrade", "Upgrade", answer.headers.upgrade ?? request.headers.upgrade!];
    write(socket, answer, [...responseHeaders(answer, forwarding, false), ...changed]);
    other.setTimeout(forwarding.target.timeouts.idleMs, () => other.destroy());
    join(socket, other);
    if (first.length > 0) socket.write(first);
    if (head.length > 0) other.write(head);
  });
  // It answers something else, such as 401 or 404: that is the answer.
  upstream.once("response", (answer) => {
    write(socket, answer, [...responseHeaders(answer, forwarding, true)]);
    answer.pipe(socket);
  });
  upstream.once("error", (error: NodeJS.ErrnoException) => {
    if (socket.destroyed) return;
    refuse(problem(error.code === TIMED_OUT ? "legacy-timeout" : "legacy-unreachable", { cause: error }));
  });
  upstream.end();
}

function write(socket: Duplex, answer: IncomingMessage, headers: readonly string[]): void {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  socket.write(`${text}\r\n`, "latin1");
}

/** What one side sends the other gets; when one ends, so does the other. */
function join(one: Duplex, other: Duplex): void {
  one.pipe(other);
  other.pipe(one);
  for (const [side, opposite] of [
    [one, other],
    [other, one],
  ] as const) {
    side.on("error", () => opposite.destroy());
    side.once("close", () => opposite.destroy());
  }
}
