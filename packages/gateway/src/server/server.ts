import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { Limits } from "../limits.ts";
import { pathOf, problemBody, problemHeaders, type Problem } from "../problems/problem.ts";
import { newTraceparent, traceIdOf } from "../trace.ts";
import { inspect } from "./admission.ts";
import { pendingResponse } from "./client-error.ts";
import { watchConnections } from "./connections.ts";
import { lastRequests } from "./last-request.ts";
import { limitPipelining } from "./pipelining.ts";
import { listenForExpectations, listenForUpgrades, shouldUpgrade, type Upgrader } from "./upgrade.ts";

/** Node looks for slow requests once in this time, so that limits in seconds hold to the second. */
const SLOW_CHECK_MS = 1_000;

/** How long a connection on which no request has begun may stay when the gateway drains. */
const QUIET_GRACE_MS = 500;

/** How often it is looked, after that. */
const SWEEP_MS = 50;

export interface EdgeServer {
  readonly server: Server;
  /** Serves a connection that another process accepted. */
  accept(socket: Socket): void;
  /**
   * Closes connections as their requests end, and all of them after `graceMs`; resolves when none is left.
   * @param stopped settles when it no longer listens
   */
  closeConnections(graceMs: number, stopped: Promise<unknown>): Promise<void>;
}

/** What else an edge may be asked to do, settled before it listens. */
export interface EdgeExtras {
  readonly upgraders: Upgrader[];
  /** Who answers `Expect: 100-continue` itself. */
  decidesExpectation: (request: IncomingMessage) => boolean;
  /** Why a request is not even begun at the moment. */
  shed: (request: IncomingMessage) => Problem | undefined;
  /** Answers what {@link inspect} lets pass. */
  handle: RequestListener;
}

/** Those of an edge that is asked to do nothing else. */
export function noExtras(): EdgeExtras {
  return { upgraders: [], decidesExpectation: () => false, shed: () => undefined, handle: () => {} };
}

/** An HTTP/1.1 server with the limits of the edge. */
export function edgeServer(
  limits: Limits,
  onRefused: (problem: Problem) => void,
  extras: EdgeExtras,
): EdgeServer {
  const pipelining = limitPipelining(limits.pipelined);
  const last = lastRequests();
  const listener: RequestListener = (request, response) => {
    if (last.isPast(request, response)) return;
    const found = inspect(request, limits) ?? pipelining(request, response);
    if (found !== undefined) {
      onRefused(found);
      if (found.headers["connection"] === "close") last.end(request.socket);
      return writeProblem(request, response, found);
    }
    // Not reported one by one: that would be more to do.
    const busy = extras.shed(request);
    if (busy === undefined) return extras.handle(request, response);
    if (busy.headers["connection"] === "close") last.end(request.socket);
    writeProblem(request, response, busy);
  };
  const server = createServer(
    {
      shouldUpgradeCallback: shouldUpgrade(extras.upgraders),
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: SLOW_CHECK_MS,
      insecureHTTPParser: false,
      // Without the events of a stream that has nothing in it. Ignored by versions of Node that do not know it.
      optimizeEmptyRequests: true,
      // Checked by `inspect`, which answers with a problem.
      requireHostHeader: false,
    },
    listener,
  );
  listenForUpgrades(
    server,
    extras.upgraders,
    (request) => inspect(request, limits) ?? extras.shed(request),
    onRefused,
  );
  listenForExpectations(server, listener, (request) => extras.decidesExpectation(request));
  // One more, so that `inspect` sees that there are too many: Node leaves out the rest without a word.
  server.maxHeadersCount = limits.headers + 1;
  server.maxRequestsPerSocket = limits.requestsPerConnection;
  const connections = watchConnections(server, limits);
  // Node would close them when it stops listening. A request may be on its way on each: it is answered, and the answer
  // says that it was the last.
  server.closeIdleConnections = () => {};
  return {
    server,
    accept(socket) {
      socket.setNoDelay(true);
      server.emit("connection", socket);
      // Whoever accepted it has read nothing of it.
      socket.resume();
    },
    async closeConnections(graceMs, stopped) {
      const endsAt = performance.now() + graceMs;
      const sweep = () => {
        const late = performance.now() >= endsAt;
        for (const socket of connections) if (late || !pendingResponse(socket)) socket.destroy();
        timer = setTimeout(sweep, SWEEP_MS);
      };
      let timer = setTimeout(sweep, Math.min(QUIET_GRACE_MS, graceMs));
      await stopped;
      // Those that came while it stopped are among them.
      for (const socket of connections) await closed(socket);
      clearTimeout(timer);
    },
  };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve())));
}

function writeProblem(request: IncomingMessage, response: ServerResponse, found: Problem): void {
  const traceparent = newTraceparent();
  const body = problemBody(found, pathOf(request.url ?? "/"), traceIdOf(traceparent));
  response.writeHead(found.status, {
    ...problemHeaders(found, traceparent),
    "content-length": Buffer.byteLength(body),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
