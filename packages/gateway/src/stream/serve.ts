import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { addressGroup, clientAddress } from "../limits/address.ts";
import { credentialsOf } from "../identity/credentials.ts";
import type { GatewayOptions } from "../options.ts";
import { pathOf, type Problem } from "../problems/problem.ts";
import type { StreamRoute } from "../routes.ts";
import type { Refuse, Stage } from "../stage.ts";
import { traceIdOf, tracesItself } from "../trace.ts";
import { lasting } from "../traced.ts";
import { compileReading } from "./asked.ts";
import { eventStream } from "./event-stream.ts";
import { follow, type Following, type Follower } from "./follow.ts";
import { streamLimits } from "./limits.ts";
import { OpenStreams } from "./open-streams.ts";
import { pendingSocket } from "./upgrade.ts";
import { webSocket } from "./web-socket.ts";

export interface StreamServing {
  readonly options: GatewayOptions;
  readonly routes: readonly StreamRoute[];
  /** What every request passes before it is handled: who asks, how often. */
  stages(route: StreamRoute, refuse: Refuse): readonly Stage[];
  refuse(request: FastifyRequest, reply: FastifyReply, found: Problem, route: StreamRoute): void;
}

/** Serves every stream: as server-sent events, and to who asks for it over a WebSocket. Gives what ends them all. */
export function serveStreams(
  app: FastifyInstance,
  { options, routes, stages, refuse }: StreamServing,
): { drain(): void } {
  const limits = { ...streamLimits, ...options.streams };
  const open = new OpenStreams(limits);
  const watch = options.watch ?? noStreams;
  for (const route of routes) {
    const refuseHere: Refuse = (request, reply, found) => refuse(request, reply, found, route);
    const reading = compileReading(route);
    const { firstMs, stallMs } = limits;
    const following: Following = { route, reading, watch, open, identify: options.identify, firstMs };

    const handler = (request: FastifyRequest, reply: FastifyReply): void => {
      const lastId = request.headers["last-event-id"];
      const read = reading.ask(request, typeof lastId === "string" ? lastId.slice(0, 1_024) : undefined);
      if ("refused" in read) return refuseHere(request, reply, read.refused);
      const caller = callerOf(request, options.trustedProxies ?? 0);
      const full = open.refuses(caller);
      if (full) return refuseHere(request, reply, full);
      if (request.method === "HEAD") return void reply.header("content-type", "text/event-stream").send();
      const follower: Follower = {
        asked: read.asked,
        caller,
        actor: request.actor,
        credentials: credentialsOf(request.headers),
        traceparent: request.id,
      };
      const no = (found: Problem): void => refuseHere(request, reply, found);
      const upgrade = pendingSocket(request.raw);
      if (upgrade === undefined) {
        if (reply.raw.destroyed) return;
        if (tracesItself(request)) reply.header("traceparent", request.id);
        const left = follow(following, follower, () => eventStream(request, reply, stallMs), no);
        reply.raw.once("close", left);
        return;
      }
      reply.hijack();
      upgrade((socket) => {
        const parts = { path: pathOf(request.url), traceId: traceIdOf(request.id), stallMs };
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
    const onRequest = [...stages(route, refuseHere)];
    app.route({ method: "GET", url: route.path, config: lasting, onRequest, handler });
  }
  return { drain: () => open.drain() };
}

/** One caller of those that are counted: a person, or an address. */
function callerOf(request: FastifyRequest, trustedProxies: number): string {
  if (request.actor !== undefined) return `by ${request.actor.id}`;
  return `from ${addressGroup(clientAddress(request.raw, trustedProxies))}`;
}

// oxlint-disable-next-line require-yield -- it has nothing to yield
async function* noStreams(): AsyncGenerator<never> {
  throw new Error("this gateway was started without `watch`: it has no way to streams");
}
