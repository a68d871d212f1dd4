import { connect } from "node:net";

/** Everything that the server sends on one connection until it closes it, or until `quietMs` pass without a byte. */
export function exchange(url: string, ...parts: readonly (string | { waitMs: number })[]): Promise<Exchange> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const started = Date.now();
    let text = "";
    const finish = (closed: boolean) => {
      socket.destroy();
      resolve({ text, closed, ms: Date.now() - started, statuses: statusesOf(text) });
    };
    socket.setTimeout(QUIET_MS, () => finish(false));
    socket.on("data", (chunk) => (text += chunk.toString("latin1")));
    socket.on("end", () => finish(true));
    socket.on("close", () => finish(true));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" || error.code === "EPIPE" ? finish(true) : reject(error),
    );
    void send(socket, parts);
  });
}

const QUIET_MS = 3_000;

export interface Exchange {
  readonly text: string;
  /** Whether the server closed the connection. */
  readonly closed: boolean;
  readonly ms: number;
  readonly statuses: readonly number[];
}

async function send(socket: ReturnType<typeof connect>, parts: readonly (string | { waitMs: number })[]) {
  for (const part of parts) {
    if (socket.destroyed) return;
    if (typeof part === "string") socket.write(Buffer.from(part, "latin1"));
    else await new Promise((done) => setTimeout(done, part.waitMs));
  }
}

function statusesOf(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((found) => Number(found[1]));
}
