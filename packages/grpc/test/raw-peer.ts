import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { HpackDecoder } from "../src/hpack/decoder.ts";
import { HpackEncoder } from "../src/hpack/encoder.ts";
import { FrameReader } from "../src/http2/frame-reader.ts";
import { Flag, FrameType, PREFACE } from "../src/http2/frame.ts";
import { Output } from "../src/http2/output.ts";

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags: number,
  id: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  bytes.set(payload, 9);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), uint32(value)]);
}

/** A gRPC message with its prefix. */
export function framed(message: Uint8Array, claimed = message.length): Buffer {
  return Buffer.concat([Buffer.from([0]), uint32(claimed), message]);
}

/** A header block of literals that needs no table. */
export function block(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const out = new Output();
  const encoder = new HpackEncoder();
  for (const [name, value] of fields) encoder.secret(out, name, value);
  return Buffer.from(out.buf.subarray(0, out.pos));
}

export function requestBlock(
  path: string,
  more: readonly (readonly [name: string, value: string])[] = [],
): Buffer {
  return block([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "test"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...more,
  ]);
}

export function headers(id: number, payload: Buffer, flags: number = Flag.END_HEADERS): Buffer {
  return frame(FrameType.HEADERS, flags, id, payload);
}

export function data(id: number, payload: Uint8Array, flags = 0): Buffer {
  return frame(FrameType.DATA, flags, id, payload);
}

/** A peer that sends exactly the bytes that it is told to, and keeps every frame that it gets. */
export class RawPeer {
  readonly frames: Frame[] = [];
  readonly socket: Socket;
  closed = false;
  readonly #decoder = new HpackDecoder(4096, 1_000_000);
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    const reader = new FrameReader(16_777_215, (type, flags, id, from, start, end) => {
      this.frames.push({ type, flags, id, payload: Buffer.from(from.subarray(start, end)) });
    });
    let preface = 0;
    socket.on("data", (chunk: Buffer) => {
      const skip = this.isServer ? Math.min(PREFACE.length - preface, chunk.length) : 0;
      preface += skip;
      reader.push(chunk.subarray(skip));
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  isServer = false;

  #wake(): void {
    for (const one of this.#waiting) one();
  }

  send(...parts: Uint8Array[]): this {
    this.socket.write(Buffer.concat(parts));
    return this;
  }

  /** Waits until `found` gives something; fails after three seconds. */
  async until<T>(what: string, found: () => T | undefined): Promise<T> {
    const end = Date.now() + 3000;
    for (;;) {
      const result = found();
      if (result !== undefined) return result;
      if (Date.now() > end)
        throw new Error(`no ${what}; got ${this.frames.map((one) => `${one.type}/${one.id}`).join(" ")}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, 50);
        this.#waiting.add(wake);
      });
    }
  }

  frame(type: number, id?: number): Promise<Frame> {
    return this.until(`frame of type ${type} on ${id}`, () =>
      this.frames.find((one) => one.type === type && (id === undefined || one.id === id)),
    );
  }

  /** The error code of the GOAWAY, after which the peer must close. */
  async goaway(): Promise<number> {
    const code = await this.until("GOAWAY", () =>
      this.frames.findLast((one) => one.type === FrameType.GOAWAY)?.payload.readUInt32BE(4),
    );
    await this.until("close", () => this.closed || undefined);
    return code;
  }

  async reset(id: number): Promise<number> {
    return (await this.frame(FrameType.RST_STREAM, id)).payload.readUInt32BE(0);
  }

  /** The fields of all header blocks on a stream; blocks must be asked for in the order in which they came. */
  async status(id: number): Promise<number> {
    await this.until(`the end of ${id}`, () =>
      this.frames.find(
        (one) => one.type === FrameType.HEADERS && one.id === id && (one.flags & Flag.END_STREAM) !== 0,
      ),
    );
    return Number(this.fields(id)["grpc-status"]);
  }

  readonly #decoded = new Map<Frame, string[]>();

  fields(id: number): Record<string, string> {
    const all: Record<string, string> = {};
    for (const one of this.frames) {
      if (one.type !== FrameType.HEADERS) continue;
      let fields = this.#decoded.get(one);
      if (fields === undefined) {
        fields = this.#decoder.fields.slice(0, this.#decoder.decode(one.payload, 0, one.payload.length));
        this.#decoded.set(one, fields);
      }
      if (one.id === id) for (let at = 0; at < fields.length; at += 2) all[fields[at]!] = fields[at + 1]!;
    }
    return all;
  }

  /** Proves that the connection works: a PING comes back. */
  async alive(): Promise<void> {
    const payload = Buffer.from(String(Math.random()).slice(2, 10).padEnd(8, "0"));
    this.send(frame(FrameType.PING, 0, 0, payload));
    await this.until("answer to PING", () =>
      this.frames.find((one) => one.type === FrameType.PING && one.payload.equals(payload)),
    );
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** A raw client of the server on `port`; without `greeting` it has sent nothing. */
export async function rawClient(port: number, greeting = true): Promise<RawPeer> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  const peer = new RawPeer(socket);
  if (greeting) peer.send(PREFACE, frame(FrameType.SETTINGS, 0, 0));
  return peer;
}

/** A raw server: `onPeer` gets every client, to which SETTINGS were sent. */
export async function rawServer(
  onPeer: (peer: RawPeer) => void,
  settings: Buffer = Buffer.alloc(0),
): Promise<{ address: string; server: Server }> {
  const server = createServer((socket) => {
    const peer = new RawPeer(socket);
    peer.isServer = true;
    peer.send(frame(FrameType.SETTINGS, 0, 0, settings));
    onPeer(peer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
