import type { Server } from "node:http";
import type { Socket } from "node:net";
import { addressGroup } from "../limits/address.ts";
import type { Limits } from "../limits.ts";
import { problem } from "../problems/problem.ts";
import { endWith } from "./answer.ts";

/** How often connections are looked at whose clients do not read. */
const LOOK_MS = 1_000;
/** What a client must take of an answer on average, once the system's own buffers are full. */
const LEAST_BYTES_PER_SECOND = 1_024;

/**
 * The open connections of a server. Those that come above the limits are answered with a problem and closed, and so are,
 * without one, those whose clients do not read what they asked for.
 */
export function watchConnections(server: Server, limits: Limits): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  const openFrom = new Map<string, number>();

  server.on("connection", (socket) => {
    const group = addressGroup(socket.remoteAddress ?? "");
    const others = openFrom.get(group) ?? 0;
    if (open.size >= limits.connections) return endWith(problem("overloaded"), "/", socket);
    if (others >= limits.connectionsPerAddress)
      return endWith(problem("too-many-requests", { headers: { "retry-after": "1" } }), "/", socket);
    open.add(socket);
    openFrom.set(group, others + 1);
    socket.once("close", () => {
      open.delete(socket);
      const left = openFrom.get(group)! - 1;
      if (left === 0) openFrom.delete(group);
      else openFrom.set(group, left);
    });
  });

  const timer = setInterval(closeStalled(open, limits.stalledMs), Math.min(LOOK_MS, limits.stalledMs));
  timer.unref();
  server.once("close", () => clearInterval(timer));
  return open;
}

interface Progress {
  readonly at: number;
  readonly taken: number;
}

/** Closes connections that took less than the least from one look to another `stalledMs` later. */
function closeStalled(open: ReadonlySet<Socket>, stalledMs: number): () => void {
  const waiting = new Map<Socket, Progress>();
  const least = (LEAST_BYTES_PER_SECOND * stalledMs) / 1_000;

  return () => {
    const at = performance.now();
    for (const socket of waiting.keys()) if (!open.has(socket)) waiting.delete(socket);
    for (const socket of open) {
      if (socket.writableLength === 0) {
        waiting.delete(socket);
        continue;
      }
      const taken = bytesTaken(socket);
      const before = waiting.get(socket);
      if (before !== undefined && at - before.at < stalledMs) continue;
      if (before !== undefined && taken - before.taken < least) socket.destroy();
      else waiting.set(socket, { at, taken });
    }
  };
}

/** What the system took of what was written: Node's own count has what it still holds in it. */
function bytesTaken(socket: Socket): number {
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  const handle = (socket as { _handle?: { bytesWritten: number; writeQueueSize: number } | null })._handle;
  return handle ? handle.bytesWritten - handle.writeQueueSize : 0;
}
