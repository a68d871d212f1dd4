import type { ChildProcess } from "node:child_process";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { SupervisorMessage } from "./messages.ts";

/** How long a connection waits for a gateway that is not there. */
const WAIT_MS = 30_000;
const MOST_WAITING = 1_000;

/** The gateway's port, which outlives the gateway's process. */
export interface HeldPort {
  /** Who serves connections from now on. Nobody: they wait. */
  serveBy(child: ChildProcess | undefined): void;
  /** Nobody serves, and nobody is about to: connections end at once, until somebody serves again. */
  refuse(): void;
  close(): void;
}

/**
 * Listens on the port of the gateway and hands each connection to the process that holds the gateway at the moment.
 * While that one is exchanged for another nobody is refused: connections wait for the next. What a process was handed
 * before it is told to drain reaches it before that, since both go the same way.
 */
export async function holdPort(host: string, port: number): Promise<HeldPort> {
  let serving: ChildProcess | undefined;
  let refusing = false;
  const waiting = new Map<Socket, NodeJS.Timeout>();

  function hand(socket: Socket): void {
    if (serving?.connected) {
      serving.send({ kerf: "connection" } satisfies SupervisorMessage, socket, () => {});
      return;
    }
    if (refusing || waiting.size >= MOST_WAITING) return void socket.destroy();
    const forget = () => {
      clearTimeout(waiting.get(socket));
      waiting.delete(socket);
    };
    waiting.set(
      socket,
      setTimeout(() => socket.destroy(), WAIT_MS),
    );
    socket.on("error", () => socket.destroy()).once("close", forget);
  }

  const server = createServer({ pauseOnConnect: true }, hand);
  server.listen({ host, port, exclusive: true });
  await once(server, "listening");
  return {
    serveBy(child) {
      serving = child;
      refusing = false;
      if (!child) return;
      for (const [socket, timer] of waiting) {
        clearTimeout(timer);
        waiting.delete(socket);
        socket.removeAllListeners();
        hand(socket);
      }
    },
    refuse() {
      serving = undefined;
      refusing = true;
    },
    close() {
      server.close();
      for (const socket of waiting.keys()) socket.destroy();
    },
  };
}
