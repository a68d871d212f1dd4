import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Knows the last request of each connection. What comes after it must not be processed (RFC 9112 section 9.6), but Node hands
 * it over: nobody would see the answer, and the effect would be there.
 */
export interface LastRequests {
  isPast(request: IncomingMessage, response: ServerResponse): boolean;
  /** No more is to be processed after the request that is being answered on this connection. */
  end(socket: Socket): void;
}

export function lastRequests(): LastRequests {
  const ending = new WeakSet<Socket>();

  return {
    isPast(request, response) {
      const { socket } = request;
      // Once its last answer is written, a connection is not writable. Until then, those who come wait for their turn.
      if (!socket.writable || (response.socket === null && ending.has(socket))) return true;
      // An Upgrade that nobody hears: of what follows in the same packet Node loses the beginning, and would take the rest
      // for a request.
      if (request.headers.upgrade !== undefined || isCountedOut(response)) response.shouldKeepAlive = false;
      if (!response.shouldKeepAlive) ending.add(socket);
      return false;
    },
    end: (socket) => void ending.add(socket),
  };
}

/** Node says that this is the last of `maxRequestsPerSocket`, and would leave the connection open. */
function isCountedOut(response: ServerResponse): boolean {
  return (response as { maxRequestsOnConnectionReached?: boolean }).maxRequestsOnConnectionReached === true;
}
