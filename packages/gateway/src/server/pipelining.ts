import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { problem, type Problem } from "../problems/problem.ts";

/**
 * Bounds how many requests wait on one connection for the answer to an earlier one: each would be worked on at once, so
 * that few connections could take a gateway's whole time. Costs nothing where nobody pipelines.
 */
export function limitPipelining(
  most: number,
): (request: IncomingMessage, response: ServerResponse) => Problem | undefined {
  const waiting = new WeakMap<Socket, number>();

  return ({ socket }, response) => {
    // Node gives a response its connection when it is the turn of that response.
    if (response.socket !== null) return undefined;
    const count = (waiting.get(socket) ?? 0) + 1;
    waiting.set(socket, count);
    response.once("finish", () => waiting.set(socket, waiting.get(socket)! - 1));
    if (count <= most) return undefined;
    // Who goes on after that does not wait for answers at all.
    if (count > 2 * most) socket.destroy();
    return problem("too-many-requests", {
      detail: `More than ${most} requests wait for their answers on this connection.`,
      headers: { "retry-after": "1", connection: "close" },
    });
  };
}
