import type { ServerResponse } from "node:http";
import type { Exchange } from "../exchange.ts";
import { pathOf, problemBody } from "../problems/problem.ts";
import { traceIdOf } from "../trace.ts";
import type { Reader } from "./follow.ts";

/** How soon a browser asks again, in ms: spread, so that those who are cut off together do not come back together. */
function spreadMs(leastMs: number): number {
  return Math.ceil(leastMs + Math.random() * 2_000);
}

const lines = [
  "content-type",
  "text/event-stream",
  // No cache keeps it, no proxy compresses it or waits for more of it.
  "cache-control",
  "no-store, no-transform",
  "x-accel-buffering",
  "no",
  "x-content-type-options",
  "nosniff",
  "connection",
  "close",
];

/**
 * Sends a stream as server-sent events. An answer is an unnamed event, its data JSON. `event: end` says that there will be
 * no more, `event: problem` why; a stream that ends without one of them is to be asked for again.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function eventStream(exchange: Exchange, stallMs: number): Reader {
  const { request, response, headers, varies, traceparent } = exchange;
  if (varies !== "") headers.push("vary", varies);
  response.writeHead(200, [...(headers as string[]), ...lines]);
  response.write(`retry: ${spreadMs(1_000)}\n\n`);
  return {
    async send({ json, id }) {
      const text = id === undefined ? `data: ${json}\n\n` : `id: ${id}\ndata: ${json}\n\n`;
      if (!response.write(text)) await room(response, stallMs);
    },
    beat() {
      if (!response.writableNeedDrain) response.write(":\n\n");
    },
    end(ending) {
      if (ending.kind === "done") response.end("event: end\ndata: {}\n\n");
      else if (ending.kind === "again") response.end(`retry: ${spreadMs(ending.inMs)}\n\n`);
      else {
        const body = problemBody(ending.problem, pathOf(request.url!), traceIdOf(traceparent));
        response.end(`event: problem\ndata: ${body}\n\n`);
      }
    },
  };
}

/** Resolves when what was written has left, or nobody is there any more; who takes nothing for so long is cut off. */
function room(response: ServerResponse, stallMs: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => response.destroy(), stallMs);
    const settle = (): void => {
      clearTimeout(late);
      response.off("drain", settle).off("close", settle);
      resolve();
    };
    response.once("drain", settle).once("close", settle);
  });
}
