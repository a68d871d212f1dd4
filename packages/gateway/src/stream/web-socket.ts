import type { WebSocket } from "ws";
import { problemBody } from "../problems/problem.ts";
import type { Ending, Reader } from "./follow.ts";

/** The protocol that is spoken on a WebSocket: JSON messages `{ data, id? }`, and last of all `{ problem }`, if any. */
export const subprotocol = "kerf.stream.v1";

/** Close codes: https://www.iana.org/assignments/websocket. Those of problems are 4000 and their HTTP status. */
export const closeCodes = { done: 1000, again: 1012, unexpected: 1008 } as const;

/** Sends a stream over a WebSocket. */
export function webSocket(
  socket: WebSocket,
  parts: { readonly path: string; readonly traceId: string; readonly stallMs: number },
): Reader {
  let answered = true;
  socket.on("pong", () => (answered = true));
  // Readers have nothing to say.
  socket.on("message", () => socket.close(closeCodes.unexpected, "nothing is expected here"));
  return {
    send({ json, id }) {
      const text = id === undefined ? `{"data":${json}}` : `{"id":${JSON.stringify(id)},"data":${json}}`;
      return new Promise((resolve) => {
        const late = setTimeout(() => socket.terminate(), parts.stallMs);
        socket.send(text, () => {
          clearTimeout(late);
          resolve();
        });
      });
    },
    beat() {
      if (!answered) return socket.terminate();
      answered = false;
      socket.ping();
    },
    end(ending) {
      if (ending.kind === "problem")
        socket.send(`{"problem":${problemBody(ending.problem, parts.path, parts.traceId)}}`);
      socket.close(...closing(ending));
    },
  };
}

function closing(ending: Ending): [code: number, reason: string] {
  switch (ending.kind) {
    case "done":
      return [closeCodes.done, "end"];
    case "again":
      return [closeCodes.again, `ask again in ${ending.inMs} ms`];
    case "problem":
      return [4_000 + ending.problem.status, ending.problem.type.slice(0, 120)];
  }
}
