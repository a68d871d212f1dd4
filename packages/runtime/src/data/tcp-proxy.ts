import { connect, createServer, type Socket } from "node:net";
import { tcpPipe, type TcpPipe } from "./tcp-pipe.ts";

/** One direction through a proxy. */
export type Way = "to-server" | "to-client";

export interface TcpProxy {
  readonly port: number;
  /** The URL with this proxy in place of its server. */
  through(url: string): string;
  /** Times that the direction changed from server to client to server again: what a network's latency multiplies. */
  roundTrips(): number;
  /** Cuts every connection when the client sends something that `when` recognises; the server gets it first, or not. */
  cutOn(when: (chunk: Buffer) => boolean, deliver: boolean): void;
  /** Cuts each connection in the middle of what it carries next that way: half of it arrives, and then the end. */
  cutInFrame(way: Way): void;
  /** Ends every connection with a TCP reset, to both sides. */
  reset(): void;
  /**
   * Nothing passes any more, one way or both, and nobody is told. What was sent meanwhile arrives when it is over, as
   * with a network that lost packets and sends them again.
   */
  blackhole(on: boolean, way?: Way): void;
  /** Each chunk waits this long, one way or both. */
  delay(ms: number, way?: Way): void;
  /** Ends every fault that lasts. */
  heal(): void;
  close(): Promise<void>;
}

interface Connection {
  readonly pipes: Readonly<Record<Way, TcpPipe>>;
  /** Both sockets are reset. */
  reset(): void;
  destroy(): void;
}

const both: readonly Way[] = ["to-server", "to-client"];

/** A TCP proxy on loopback that counts, delays and breaks, for tests of what a network can do. */
export async function tcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const connections = new Set<Connection>();
  const waysOf = (way: Way | undefined): readonly Way[] => (way ? [way] : both);
  const state = {
    "to-server": { delayMs: 0, held: false },
    "to-client": { delayMs: 0, held: false },
  };
  let trips = 0;
  let cut: { when: (chunk: Buffer) => boolean; deliver: boolean } | undefined;

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true });
    let fromClient = false;
    /** The last chunk is on its way: a reset would make PostgreSQL give up before it has come to the COMMIT in it. */
    let delivering = false;
    const connection: Connection = {
      pipes: {
        "to-server": tcpPipe(client, upstream, state["to-server"], (chunk) => {
          if (!fromClient) trips++;
          fromClient = true;
          if (delivering || !cut?.when(chunk)) return delivering;
          delivering = cut.deliver;
          cut = undefined;
          // The server must have read it before it sees the end.
          if (delivering) {
            connection.pipes["to-client"].spareSource();
            upstream.end(chunk);
          } else upstream.destroy();
          client.destroy();
          return true;
        }),
        "to-client": tcpPipe(upstream, client, state["to-client"], () => {
          fromClient = false;
          return delivering;
        }),
      },
      reset() {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      },
      destroy() {
        client.destroy();
        upstream.destroy();
      },
    };
    connections.add(connection);
    const open = new Set<Socket>([client, upstream]);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        open.delete(socket);
        if (open.size === 0) connections.delete(connection);
        // What it had sent before it closed is still to arrive.
        else if (!delivering) connection.pipes[socket === client ? "to-server" : "to-client"].finish();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };

  const flush = (): void => {
    for (const { pipes } of connections) for (const way of both) pipes[way].flush();
  };
  return {
    port,
    through(url) {
      const changed = new URL(url);
      changed.hostname = "127.0.0.1";
      changed.port = String(port);
      return changed.href;
    },
    roundTrips: () => trips,
    cutOn(when, deliver) {
      cut = { when, deliver };
    },
    cutInFrame(way) {
      for (const { pipes } of connections) pipes[way].cutNext();
    },
    reset() {
      for (const connection of connections) connection.reset();
    },
    blackhole(on, way) {
      for (const one of waysOf(way)) state[one].held = on;
      flush();
    },
    delay(ms, way) {
      for (const one of waysOf(way)) state[one].delayMs = ms;
    },
    heal() {
      for (const way of both) state[way] = Object.assign(state[way], { delayMs: 0, held: false });
      for (const { pipes } of connections) for (const way of both) pipes[way].keepNext();
      flush();
    },
    async close() {
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
