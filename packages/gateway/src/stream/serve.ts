import { addressGroup, clientAddress } from "../limits/address.ts";
import { credentialsOf } from "../identity/credentials.ts";
import type { GatewayOptions } from "../options.ts";
import type { Exchange } from "../exchange.ts";
import { pathOf, type Problem } from "../problems/problem.ts";
import type { Respond } from "../respond.ts";
import type { StreamRoute } from "../routes.ts";
import type { Refuse, Step } from "../stage.ts";
import { traceIdOf, tracesItself } from "../trace.ts";
import { compileReading } from "./asked.ts";
import { eventStream } from "./event-stream.ts";
import { follow, type Following, type Follower } from "./follow.ts";
import { streamLimits } from "./limits.ts";
import { OpenStreams } from "./open-streams.ts";
import { pendingSocket } from "./upgrade.ts";
import { webSocket } from "./web-socket.ts";

/** The streams of a gateway. */
export interface ServedStreams {
  /** Makes the last step of one: as server-sent events, or to who asks for it over a WebSocket. */
  step(route: StreamRoute, refuse: Refuse): Step;
  /** Ends them all. */
  drain(): void;
}

export function serveStreams(options: GatewayOptions, respond: Respond): ServedStreams {
  const limits = { ...streamLimits, ...options.streams };
  const open = new OpenStreams(limits);
  const watch = options.watch ?? noStreams;

  function step(route: StreamRoute, refuse: Refuse): Step {
    const reading = compileReading(route);
    const { firstMs, stallMs } = limits;
    const following: Following = { route, reading, watch, open, identify: options.identify, firstMs };

    return (exchange) => {
      const { request, response, headers, actor, traceparent } = exchange;
      const lastId = request.headers["last-event-id"];
      const read = reading.ask(exchange, typeof lastId === "string" ? lastId.slice(0, 1_024) : undefined);
      if ("refused" in read) return refuse(exchange, read.refused);
      const caller = callerOf(exchange, options.trustedProxies ?? 0);
      const full = open.refuses(caller);
      if (full) return refuse(exchange, full);
      if (request.method === "HEAD") {
        headers.push("content-type", "text/event-stream");
        return respond.empty(exchange, 200);
      }
      const credentials = credentialsOf(request.headers);
      const follower: Follower = { asked: read.asked, caller, actor, credentials, traceparent };
      const no = (found: Problem): void => refuse(exchange, found);
      const upgrade = pendingSocket(request);
      if (upgrade === undefined) {
        if (response.destroyed) return;
        if (tracesItself(request)) headers.push("traceparent", traceparent);
        const left = follow(following, follower, () => eventStream(exchange, stallMs), no);
        response.once("close", left);
        return;
      }
      upgrade((socket) => {
        const parts = { path: pathOf(request.url!), traceId: traceIdOf(traceparent), stallMs };
        const reader = webSocket(socket, parts);
        const left = follow(
          following,
          follower,
          () => reader,
          (found) => reader.end({ kind: "problem", problem: found }),
        );
        // What is wrong with what a client sends ends its connection; there is nobody to tell.
        socket.on("error", () => socket.terminate()).once("close", left);
      });
    };
  }
  return { step, drain: () => open.drain() };
}

/** One caller of those that are counted: a person, or an address. */
function callerOf({ actor, request }: Exchange, trustedProxies: number): string {
  if (actor !== undefined) return `by ${actor.id}`;
  return `from ${addressGroup(clientAddress(request, trustedProxies))}`;
}

// oxlint-disable-next-line require-yield -- it has nothing to yield
async function* noStreams(): AsyncGenerator<never> {
  throw new Error("this gateway was started without `watch`: it has no way to streams");
}
