import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  logVerbosity,
  Metadata,
  Server,
  ServerCredentials,
  setLogVerbosity,
  type ServerDuplexStream,
  type ServiceDefinition,
  type ServerUnaryCall,
  status,
} from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "../proto/index.ts";
import {
  type IncomingCall,
  type StreamMethod,
  type UnaryMethod,
  WireFailure,
  type WireServer,
  type WireServerOptions,
} from "./wire.ts";

const options = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 5_000,
  // Two processes on one port would each get half of the calls.
  "grpc.so_reuseport": 0,
};

// What it would print is told by errors.
setLogVerbosity(logVerbosity.NONE);

const gone = new WireFailure(status.CANCELLED, "the caller went away");

const asIs = (bytes: Buffer): Buffer => bytes;

/** A gRPC server by @grpc/grpc-js. @throws Error where the address cannot be listened on */
export async function grpcJsServer({ host, port, unary, streams }: WireServerOptions): Promise<WireServer> {
  const server = new Server(options);
  const definition: Record<string, ServiceDefinition[string]> = {};
  const handlers: Record<string, handleUnaryCall<Buffer, Buffer> | handleBidiStreamingCall<Buffer, Buffer>> =
    {};
  for (const [path, method] of unary) {
    definition[path] = methodDefinition(path, false);
    handlers[path] = unaryHandler(method);
  }
  for (const [path, method] of streams) {
    definition[path] = methodDefinition(path, true);
    handlers[path] = streamHandler(method);
  }
  server.addService(definition, handlers);
  const bound = await new Promise<number>((resolve, reject) => {
    const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, given) =>
      error ? reject(refusal(address, error)) : resolve(given),
    );
  });
  return { port: bound, close: (graceMs) => close(server, graceMs) };
}

function refusal(address: string, cause: Error): Error {
  const inUse = cause.message.includes("EADDRINUSE");
  const problem = inUse ? "another process has it: choose another port, or end that process" : cause.message;
  return new Error(`cannot listen on ${address}: ${problem}`, { cause });
}

function methodDefinition(path: string, streams: boolean): ServiceDefinition[string] {
  return {
    path,
    requestStream: streams,
    responseStream: streams,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

function unaryHandler(method: UnaryMethod): handleUnaryCall<Buffer, Buffer> {
  return (call, reply) => {
    method(call.request, incoming(call)).then(
      (message) => reply(null, asBuffer(message)),
      (error: unknown) => reply(statusOf(error)),
    );
  };
}

/** Also for methods that stream one way only: on the wire they are the same. */
function streamHandler(method: StreamMethod): handleBidiStreamingCall<Buffer, Buffer> {
  return async (call) => {
    // Who reads one message only must not close the stream that the reply goes out by.
    const messages = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    try {
      for await (const message of method(messages, incoming(call))) {
        if (!call.write(asBuffer(message))) await new Promise((drained) => call.once("drain", drained));
      }
      call.end();
    } catch (error) {
      call.emit("error", statusOf(error));
    }
  };
}

function incoming(call: ServerUnaryCall<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>): IncomingCall {
  const controller = new AbortController();
  // It is said of calls that ended well too. A reason of its own is cheaper than the one that abort() makes.
  call.on("cancelled", () => controller.abort(gone));
  const deadline = Number(call.getDeadline());
  return {
    metadata: (name) => call.metadata.get(name)[0]?.toString(),
    deadlineAt: Number.isFinite(deadline) ? deadline : undefined,
    signal: controller.signal,
  };
}

function statusOf(error: unknown): { code: number; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  if (!(error instanceof WireFailure)) {
    return { code: status.INTERNAL, details: "the server failed unexpectedly", metadata };
  }
  if (error.details) metadata.set("grpc-status-details-bin", asBuffer(error.details));
  return { code: error.code, details: error.message, metadata };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
