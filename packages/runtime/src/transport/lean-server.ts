import {
  GrpcError,
  raw,
  serve,
  type Implementation,
  type Server,
  type ServerCall,
  type StatusCode,
} from "@kerf/grpc";
import { statusNumbers } from "kerf";
import { MAX_MESSAGE_BYTES } from "../proto/index.ts";
import {
  type IncomingCall,
  type StreamMethod,
  type UnaryMethod,
  WireFailure,
  type WireServer,
  type WireServerOptions,
} from "./wire.ts";

/** A gRPC server by @kerf/grpc. @throws Error where the address cannot be listened on */
export async function leanServer({ host, port, unary, streams }: WireServerOptions): Promise<WireServer> {
  const services = [
    ...[...unary].map(([path, method]) => implementation(path, "unary", unaryHandler(method))),
    ...[...streams].map(([path, method]) => implementation(path, "bidi", streamHandler(method))),
  ];
  let server: Server;
  try {
    server = await serve({
      services,
      host,
      port,
      keepalive: { intervalMs: 30_000, timeoutMs: 5_000 },
      limits: { maxMessageBytes: MAX_MESSAGE_BYTES, maxSendBytes: MAX_MESSAGE_BYTES },
    });
  } catch (error) {
    throw refusal(
      host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`,
      error as NodeJS.ErrnoException,
    );
  }
  return { port: server.port, close: (graceMs) => server.close({ graceMs }) };
}

/** A service of one method: what is served is known by its path only. */
function implementation(
  path: string,
  kind: "unary" | "bidi",
  handler: Implementation["handlers"][string],
): Implementation {
  const [, name = "", method = ""] = path.split("/");
  return {
    service: { name, methods: { [method]: { kind, input: raw, output: raw, path } } },
    handlers: { [method]: handler },
  };
}

function refusal(address: string, cause: NodeJS.ErrnoException): Error {
  const inUse = cause.code === "EADDRINUSE";
  const problem = inUse ? "another process has it: choose another port, or end that process" : cause.message;
  return new Error(`cannot listen on ${address}: ${problem}`, { cause });
}

function unaryHandler(method: UnaryMethod) {
  return async (message: Uint8Array, call: ServerCall): Promise<Uint8Array> => {
    try {
      return await method(message, new LeanCall(call));
    } catch (error) {
      throw statusOf(error);
    }
  };
}

/** Also for methods that stream one way only: on the wire they are the same. */
function streamHandler(method: StreamMethod) {
  return async function* (messages: AsyncIterable<Uint8Array>, call: ServerCall): AsyncIterable<Uint8Array> {
    try {
      yield* method(messages, new LeanCall(call));
    } catch (error) {
      throw statusOf(error);
    }
  };
}

class LeanCall implements IncomingCall {
  readonly #call: ServerCall;

  constructor(call: ServerCall) {
    this.#call = call;
  }

  metadata(name: string): string | undefined {
    return this.#call.metadata.text(name);
  }

  get deadlineAt(): number | undefined {
    const left = this.#call.remainingMs();
    return left === Infinity ? undefined : Date.now() + left;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }
}

function statusOf(error: unknown): GrpcError {
  return error instanceof WireFailure
    ? new GrpcError(error.code as StatusCode, error.message, { details: error.details })
    : new GrpcError(statusNumbers.INTERNAL, "the server failed unexpectedly");
}
