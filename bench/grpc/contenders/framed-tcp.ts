import { connect, createServer, type Socket } from "node:net";
import type { Contender } from "../contender.ts";
import { answer, type Reply, type Request } from "../payload.ts";

const PREFIX = 8;

/** A message on the wire: length and call number, four bytes each, then the value. */
interface Format {
  encode(value: unknown): Buffer;
  decode(bytes: Buffer): any;
}

const json: Format = {
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(bytes.toString()),
};

const fixedRequest = Buffer.alloc(112, "x");
const fixedReply = Buffer.alloc(212, "y");
/** No codec at all: bytes that are there already. */
const bare = (reply: boolean): Format => ({
  encode: () => (reply ? fixedReply : fixedRequest),
  decode: (bytes) => bytes,
});

/** Writes each message at once, or all of one turn together and after every 16. */
class Writer {
  readonly #socket: Socket;
  readonly #batch: number;
  #waiting: Buffer[] = [];

  constructor(socket: Socket, batch: number) {
    this.#socket = socket;
    this.#batch = batch;
  }

  write(id: number, body: Buffer): void {
    const frame = Buffer.allocUnsafe(PREFIX + body.length);
    frame.writeUInt32LE(body.length, 0);
    frame.writeUInt32LE(id, 4);
    body.copy(frame, PREFIX);
    if (this.#batch === 1) return void this.#socket.write(frame);
    this.#waiting.push(frame);
    if (this.#waiting.length >= this.#batch) this.#flush();
    else if (this.#waiting.length === 1) process.nextTick(() => this.#flush());
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    this.#socket.write(this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting));
    this.#waiting = [];
  }
}

function read(socket: Socket, onFrame: (id: number, body: Buffer) => void): void {
  let held: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    while (bytes.length - at >= PREFIX) {
      const end = at + PREFIX + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      onFrame(bytes.readUInt32LE(at + 4), bytes.subarray(at + PREFIX, end));
      at = end;
    }
    held = bytes.subarray(at);
  });
  socket.on("error", () => undefined);
}

/** Length-prefixed messages over TCP; `batch` of 1 writes each at once, Infinity once per turn. */
function framed(batch: number, request: Format, reply: Format, handle: (value: any) => unknown): Contender {
  return {
    serve: async () => {
      const server = createServer({ noDelay: true }, (socket) => {
        const writer = new Writer(socket, batch);
        read(socket, (id, body) => {
          void (async () => handle(request.decode(body)))().then((value) =>
            writer.write(id, reply.encode(value)),
          );
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return {
        address: String((server.address() as { port: number }).port),
        close: () => void server.close(),
      };
    },
    connect: async (address) => {
      const socket = connect({ host: "127.0.0.1", port: Number(address), noDelay: true });
      const waiting = new Map<number, (reply: Reply) => void>();
      const writer = new Writer(socket, batch);
      read(socket, (id, body) => {
        const resolve = waiting.get(id)!;
        waiting.delete(id);
        resolve(reply.decode(body));
      });
      return {
        call: (asked: Request, n) =>
          new Promise((resolve) => {
            waiting.set(n, resolve);
            writer.write(n, request.encode(asked));
          }),
        close: () => void socket.destroy(),
      };
    },
  };
}

export const bareTcp = framed(16, bare(false), bare(true), (value) => value);
export const jsonEach = framed(1, json, json, answer);
export const jsonTick = framed(Infinity, json, json, answer);
export const json16 = framed(16, json, json, answer);
