import { existsSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { eachLine } from "../lines.ts";
import { SOCKET, type Answer, type Request } from "./protocol.ts";
import { readRequest } from "./read-request.ts";

/** What one connection may do; it has ended when `close` is called. */
export interface Control {
  /** @throws Error whose message is the answer */
  handle(request: Request): Promise<unknown>;
  close(): void;
}

export interface ControlSocket {
  close(): Promise<void>;
}

/** The longest path that a Unix socket may have on every system (`sun_path`), its end included. */
const LONGEST_PATH = 104;
const CONNECTIONS = 8;

/**
 * Opens the control socket of a development session in its data folder: only the user who runs the session may connect.
 * Undefined where another session has it, or the folder's path is too long for a socket.
 */
export async function openControlSocket(
  dataDir: string,
  control: () => Control,
): Promise<ControlSocket | undefined> {
  const path = join(dataDir, SOCKET);
  if (Buffer.byteLength(path) >= LONGEST_PATH) return undefined;
  // Where the database is another server, nobody has made the folder.
  if (!existsSync(dataDir)) mkdirSync(dataDir);
  // One that nobody answers was left by a session that was killed.
  if (existsSync(path)) {
    if (!lstatSync(path).isSocket() || (await answers(path))) return undefined;
    rmSync(path, { force: true });
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, control());
  });
  server.maxConnections = CONNECTIONS;
  const failed = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(true));
    // The socket is made at once, and must not be anybody's for a moment.
    const before = process.umask(0o177);
    try {
      server.listen(path, () => resolve(false));
    } finally {
      process.umask(before);
    }
  });
  if (failed) return undefined;
  return {
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function serve(socket: Socket, control: Control): void {
  const answer = (answered: Answer) => {
    if (socket.writable) socket.write(`${JSON.stringify(answered)}\n`);
  };
  socket.on("error", () => socket.destroy());
  socket.once("close", () => control.close());
  eachLine(socket, (line) => {
    let request: Request;
    try {
      request = readRequest(line);
    } catch (error) {
      return answer({ id: -1, ok: false, error: (error as Error).message });
    }
    control.handle(request).then(
      (value) => answer({ id: request.id, ok: true, value }),
      (error: unknown) =>
        answer({ id: request.id, ok: false, error: error instanceof Error ? error.message : String(error) }),
    );
  });
}
