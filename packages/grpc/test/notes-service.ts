import { createServer as createTcp, type AddressInfo } from "node:net";
import { afterEach, expect } from "vitest";
import { Flag } from "../src/http2/frame.ts";
import {
  bidi,
  connect,
  GrpcError,
  implement,
  raw,
  serve,
  serverStream,
  service,
  unary,
  type Channel,
  type ConnectOptions,
  type Server,
} from "../src/index.ts";
import { block, data, framed, headers, rawServer, type RawPeer } from "./raw-peer.ts";

export const notes = service("test.Notes", {
  Echo: unary(raw, raw),
  Slow: unary(raw, raw),
  Ticks: serverStream(raw, raw),
  Chat: bidi(raw, raw),
});
export const { Echo, Slow, Ticks } = notes.methods;
export const HI = Buffer.from("hi");
export const OK_HEAD = block([
  [":status", "200"],
  ["content-type", "application/grpc"],
]);
export const OK_END = block([["grpc-status", "0"]]);

/** Of the stream that is never read to its end: messages it gave in the last call, and calls that it ended. */
export const ticks = { sent: 0, ended: 0 };
export const implementation = implement(notes, {
  Echo: (request, call) => {
    const remaining = call.remainingMs();
    if (remaining !== Infinity) call.responseTrailers.set("x-remaining", String(Math.ceil(remaining)));
    return request;
  },
  Slow: async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return request;
  },
  Ticks: async function* () {
    ticks.sent = 0;
    try {
      for (;;) {
        ticks.sent++;
        yield new Uint8Array(10_000);
      }
    } finally {
      ticks.ended++;
    }
  },
  Chat: (requests) => requests,
});

export const cleanup: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const one of cleanup.splice(0).toReversed()) await one();
});

export function channelTo(address: string, options: ConnectOptions = {}): Channel {
  const channel = connect(address, { backoff: { initialMs: 20, maxMs: 100 }, ...options });
  cleanup.push(() => channel.close({ graceMs: 100 }));
  return channel;
}

export async function started(options: Partial<Parameters<typeof serve>[0]> = {}): Promise<Server> {
  const server = await serve({ services: [implementation], ...options });
  cleanup.push(() => server.close({ graceMs: 100 }));
  return server;
}

export async function raws(onPeer: (peer: RawPeer) => void, settings?: Buffer): Promise<string> {
  const { address, server } = await rawServer(onPeer, settings);
  cleanup.push(() => void server.close());
  return address;
}

export const answer = (id: number, message: Uint8Array = HI): Buffer =>
  Buffer.concat([
    headers(id, OK_HEAD),
    data(id, framed(message)),
    headers(id, OK_END, Flag.END_HEADERS | Flag.END_STREAM),
  ]);

export async function failure(call: Promise<unknown>): Promise<GrpcError> {
  const error = await call.then(
    () => "it succeeded",
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GrpcError);
  return error as GrpcError;
}

export async function unusedPort(): Promise<number> {
  const probe = createTcp();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
