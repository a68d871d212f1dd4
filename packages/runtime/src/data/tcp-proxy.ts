import { connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** The URL with this proxy in place of its server. */
  through(url: string): string;
  /** Times that the direction changed from server to client to server again: what a network's latency multiplies. */
  roundTrips(): number;
  /** Cuts every connection when the client sends something that `when` recognises; the server gets it first, or not. */
  cutOn(when: (chunk: Buffer) => boolean, deliver: boolean): void;
  /** Nothing passes any more, and nobody is told. */
  blackhole(on: boolean): void;
  /** Each chunk waits this long, each way. */
  delay(ms: number): void;
  close(): Promise<void>;
}

/** A TCP proxy on loopback that counts, delays and breaks, for tests of what a network can do. */
export async function tcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let trips = 0;
  let cut: { when: (chunk: Buffer) => boolean; deliver: boolean } | undefined;
  let silent = false;
  let delayMs = 0;

  const server = createServer((client) => {
    const upstream = connect(target);
    let fromClient = false;
    /** The last chunk is on its way: a reset would make PostgreSQL give up before it has come to the COMMIT in it. */
    let delivering = false;
    const end = (): void => {
      client.destroy();
      if (!delivering) upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", () => {
        sockets.delete(socket);
        end();
      });
    }
    const pass = (to: Socket, chunk: Buffer): void => {
      if (silent || delivering) return;
      if (delayMs > 0) setTimeout(() => to.write(chunk), delayMs);
      else to.write(chunk);
    };
    client.on("data", (chunk) => {
      if (!fromClient) trips++;
      fromClient = true;
      if (cut?.when(chunk)) {
        const { deliver } = cut;
        cut = undefined;
        delivering = deliver;
        client.destroy();
        if (!deliver) upstream.destroy();
        // The server must have read it before it sees the end.
        else upstream.end(chunk);
        return;
      }
      pass(upstream, chunk);
    });
    upstream.on("data", (chunk) => {
      fromClient = false;
      pass(client, chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };

  return {
    port,
    through(url) {
      const changed = new URL(url);
      changed.port = String(port);
      return changed.href;
    },
    roundTrips: () => trips,
    cutOn(when, deliver) {
      cut = { when, deliver };
    },
    blackhole(on) {
      silent = on;
    },
    delay(ms) {
      delayMs = ms;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
