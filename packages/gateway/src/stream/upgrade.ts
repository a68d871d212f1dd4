import { ServerResponse, type IncomingMessage, type RequestListener } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { pathOf, problem } from "../problems/problem.ts";
import { methodsAt, type StreamRoute } from "../routes.ts";
import type { Upgrader } from "../server/upgrade.ts";
import { subprotocol } from "./web-socket.ts";

/** Readers have nothing to say: what they send is bounded by little. */
const mostBytes = 1_024;

/** A token in the list of subprotocols: browsers cannot set the header Authorization of a WebSocket. */
const bearer = /(?:^|,)\s*bearer\.([\w.~+/=-]+)\s*(?=,|$)/;

/** A request that waits to become a WebSocket. */
export type Pending = (open: (socket: WebSocket) => void) => void;

const pending = new WeakMap<IncomingMessage, Pending>();

/** Where a request asked for a WebSocket: what makes it one. */
export function pendingSocket(request: IncomingMessage): Pending | undefined {
  return pending.get(request);
}

/**
 * Takes the WebSockets of streams. Each goes through the stages of any other request, so that identity, access and limits
 * are one and the same; what refuses it is answered by HTTP.
 */
export function streamUpgrader(
  handle: RequestListener,
  routes: readonly StreamRoute[],
  origins: readonly string[],
): Upgrader {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: mostBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  return {
    takes: (request) =>
      request.headers.upgrade?.toLowerCase() === "websocket" &&
      methodsAt(routes, pathOf(request.url ?? "/")).length > 0,
    upgrade(request, socket, head, refuse) {
      if (!mayConnect(request, origins)) return refuse(problem("forbidden", { detail: wrongOrigin }));
      const token = bearer.exec(request.headers["sec-websocket-protocol"] ?? "")?.[1];
      if (token !== undefined && request.headers.authorization === undefined)
        request.headers.authorization = `Bearer ${token}`;
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as Socket);
      response.once("finish", () => (socket as Socket).destroySoon());
      pending.set(request, (open) => {
        response.detachSocket(socket as Socket);
        server.handleUpgrade(request, socket, head, open);
      });
      handle(request, response);
    },
  };
}

const wrongOrigin =
  "Pages of this origin may not connect. gateway.cors.origins lists those that may, besides the gateway's own.";

/** Browsers let any page connect, with its user's cookies: whether it may is asked here (CWE-1385). */
function mayConnect({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes(origin)) return true;
  return URL.parse(origin)?.host === host;
}
