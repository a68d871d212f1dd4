import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { ClientConnection, type ClientContext } from "../../src/call/client-connection.ts";
import { SingleReplyCall, StreamedReplyCall } from "../../src/call/client-calls.ts";
import { ServerConnection, type ServerContext } from "../../src/call/server-connection.ts";
import { GrpcError } from "../../src/call/grpc-error.ts";
import { PREFACE } from "../../src/http2/frame.ts";
import { limitsWith } from "../../src/http2/limits.ts";
import {
  bidi,
  clientStream,
  implement,
  message,
  protobuf,
  serverStream,
  service,
  unary,
  type AnyMethod,
} from "../../src/index.ts";
import { register } from "../../src/call/server.ts";
import { cut, framesOf, mutate } from "./mutate.ts";
import { MemorySocket } from "./memory-socket.ts";
import { Random } from "./random.ts";

interface Note {
  text?: string;
  n?: number;
  more?: Note[];
}

const type = message("fuzz.Note", [
  { name: "text", number: 1, type: "string" },
  { name: "n", number: 2, type: "int32" },
  { name: "more", number: 3, type: () => type, repeated: true },
]);
const note = protobuf<Note>(type);
const notes = service("fuzz.Notes", {
  One: unary(note, note),
  Down: serverStream(note, note),
  Up: clientStream(note, note),
  Chat: bidi(note, note),
});
const { One, Down, Up, Chat } = notes.methods;
const LONG = "long text ".repeat(30);

const implementation = implement(notes, {
  One: async (request) => request,
  Down: async function* (request) {
    for (let n = 0; n < 3; n++) yield request;
  },
  Up: async (requests) => {
    let last: Note = {};
    for await (const request of requests) last = request;
    return last;
  },
  Chat: (requests) => requests,
});

const limits = limitsWith({ maxMessageBytes: 100_000, maxHeaderListBytes: 4096, stallTimeoutMs: 1000 });
const seen: unknown[] = [];
const serverContext: ServerContext = {
  limits,
  methods: register([implementation], []),
  gzip: true,
  keepalive: undefined,
  onError: (error) => void seen.push(error),
  onClose: () => undefined,
};
const clientContext: ClientContext = {
  limits,
  scheme: "http",
  authority: "fuzz",
  userAgent: "fuzz",
  keepalive: undefined,
  onReady: () => undefined,
  onRoom: () => undefined,
  onLeaving: () => undefined,
  onLost: () => undefined,
};

const ENDED = [
  [1, 2],
  [2, 3],
].map(([n]) => ({ text: "streamed", n: n! }));

/** Starts a call of every kind; resolves each with its end, whatever it is. */
function startCalls(connection: ClientConnection): Promise<unknown>[] {
  const owner = {
    restart: (call: { failWith(error: GrpcError): void }) => call.failWith(new GrpcError(14, "again")),
    withdraw: () => undefined,
  };
  const single = (method: AnyMethod, request: unknown): Promise<unknown> =>
    new Promise((resolve) =>
      connection.start(
        new SingleReplyCall(owner, method, request, { metadata: { "x-a": "b" } }, resolve, resolve),
      ),
    );
  const streamed = async (method: AnyMethod, request: unknown): Promise<unknown> => {
    const call = new StreamedReplyCall(owner, method, request, { compression: "gzip" });
    connection.start(call);
    try {
      for await (const _ of call.replies);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  return [
    single(One, { text: "hello", n: 1, more: [{ text: "inner" }] }),
    streamed(Down, { text: LONG, n: 2 }),
    single(Up, ENDED),
    streamed(Chat, ENDED),
    single(One, { text: LONG.repeat(8), n: 5 }),
  ];
}

/** What client and server say to each other when nothing is changed. */
async function record(): Promise<{ toServer: Buffer[]; toClient: Buffer[] }> {
  const clientSocket = new MemorySocket(true);
  const serverSocket = new MemorySocket(true);
  const server = new ServerConnection(serverSocket as unknown as Socket, serverContext);
  const client = new ClientConnection(clientSocket as unknown as Socket, clientContext);
  let [up, down] = [0, 0];
  const exchange = async (): Promise<void> => {
    for (let round = 0; round < 10; round++) {
      await turn();
      while (up < clientSocket.written.length) serverSocket.feed(clientSocket.written[up++]!);
      await turn();
      while (down < serverSocket.written.length) clientSocket.feed(serverSocket.written[down++]!);
    }
  };
  await exchange();
  const calls = startCalls(client);
  await exchange();
  await Promise.all(calls);
  client.lose("recorded");
  server.lose("recorded");
  const toServer = framesOf(Buffer.concat(clientSocket.written).subarray(PREFACE.length));
  return { toServer, toClient: framesOf(Buffer.concat(serverSocket.written)) };
}

const INTERNAL_GOAWAY = 2;

/** The GOAWAY with INTERNAL_ERROR that an exception of our own would cause. */
function crashed(socket: MemorySocket): boolean {
  return framesOf(Buffer.concat(socket.written)).some(
    (one) => one[3] === 7 && one.length >= 17 && one.readUInt32BE(13) === INTERNAL_GOAWAY,
  );
}

export interface FuzzResult {
  readonly mutations: number;
  readonly rounds: number;
  /** The longest that one round took. */
  readonly slowestMs: number;
  readonly cutOff: number;
}

/**
 * Gives `count` mutated frames and header blocks to servers and clients. Throws, with the seed of the round, when one
 * crashes, does not let go of a call or of its bytes, or leaves somebody waiting after the connection is gone.
 */
export async function fuzz(count: number, seed: number): Promise<FuzzResult> {
  const { toServer, toClient } = await record();
  let mutations = 0;
  let rounds = 0;
  let slowestMs = 0;
  let cutOff = 0;
  for (; mutations < count; rounds++) {
    const random = new Random(seed + rounds);
    const changes = 1 + random.below(8);
    mutations += changes;
    const start = performance.now();
    const fail = (what: string): never => {
      throw new Error(`${what}; run again with --count 1 --seed ${seed + rounds}`);
    };
    if (rounds % 2 === 0) cutOff += await serverRound(random, mutate(random, toServer, changes), fail);
    else cutOff += await clientRound(random, mutate(random, toClient, changes), fail);
    slowestMs = Math.max(slowestMs, performance.now() - start);
  }
  if (seen.length > 0) throw new Error(`a handler failed: ${String(seen[0])}`);
  return { mutations, rounds, slowestMs, cutOff };
}

async function serverRound(random: Random, bytes: Buffer, fail: (what: string) => never): Promise<number> {
  const socket = new MemorySocket(true);
  const server = new ServerConnection(socket as unknown as Socket, serverContext);
  socket.feed(PREFACE);
  cut(random, bytes, (piece) => socket.feed(piece));
  for (let n = 0; n < 3; n++) await turn();
  const closed = server.closed;
  server.lose("the round is over");
  for (let n = 0; n < 4 && server.running > 0; n++) await turn();
  if (crashed(socket)) fail("the server crashed");
  if (server.streams.size > 0) fail(`${server.streams.size} streams stay open`);
  if (server.running > 0) fail(`${server.running} handlers still run`);
  if (server.heldBytes !== 0) fail(`${server.heldBytes} bytes are held for nobody`);
  return closed ? 1 : 0;
}

async function clientRound(random: Random, bytes: Buffer, fail: (what: string) => never): Promise<number> {
  const socket = new MemorySocket(true);
  const client = new ClientConnection(socket as unknown as Socket, clientContext);
  const calls = startCalls(client);
  await turn();
  cut(random, bytes, (piece) => socket.feed(piece));
  await turn();
  const closed = client.closed;
  client.lose("the round is over");
  const late = Symbol("late");
  const turns = async (): Promise<symbol> => {
    for (let n = 0; n < 4; n++) await turn();
    return late;
  };
  if ((await Promise.race([Promise.all(calls), turns()])) === late) fail("a call never ended");
  if (crashed(socket)) fail("the client crashed");
  if (client.streams.size > 0) fail(`${client.streams.size} streams stay open`);
  return closed ? 1 : 0;
}
