import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pathOf, type Problem } from "../problems/problem.ts";
import { endWith } from "./answer.ts";

/** Something that changes the protocol of a connection: WebSocket, and whatever else Upgrade may name. */
export interface Upgrader {
  /** Whether this request is for it; of several, the first that says so has it. */
  takes(request: IncomingMessage): boolean;
  /** Given a request that was looked at as every other is. `refuse` answers with a problem and closes. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, refuse: (found: Problem) => void): void;
}

/** Tells Node whether Upgrade is to be heard: a request that nobody takes is answered as if it had not asked. */
export function shouldUpgrade(upgraders: readonly Upgrader[]): (request: IncomingMessage) => boolean {
  return (request) => upgraders.some((each) => each.takes(request));
}

/** Hands requests to change the protocol to who takes them. */
export function listenForUpgrades(
  server: Server,
  upgraders: readonly Upgrader[],
  inspect: (request: IncomingMessage) => Problem | undefined,
  onRefused: (problem: Problem) => void,
): void {
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node no longer listens to a connection that it has handed over.
    socket.on("error", () => socket.destroy());
    const refuse = (found: Problem) => {
      onRefused(found);
      endWith(found, pathOf(request.url ?? "/"), socket);
    };
    const found = inspect(request);
    if (found !== undefined) return refuse(found);
    upgraders.find((each) => each.takes(request))!.upgrade(request, socket, head, refuse);
  });
}

/**
 * Lets who answers a request decide whether its body is wanted (Expect: 100-continue). Everybody else is told to go on,
 * as Node does where nobody listens.
 */
export function listenForExpectations(
  server: Server,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  decidesItself: (request: IncomingMessage) => boolean,
): void {
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (!decidesItself(request)) response.writeContinue();
    handle(request, response);
  });
}
