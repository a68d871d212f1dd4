import { createServer as createTcp, type AddressInfo, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTls, type TlsOptions, type TLSSocket } from "node:tls";
import type { KeepaliveOptions } from "../http2/keepalive.ts";
import { limitsWith, type Limits } from "../http2/limits.ts";
import { chain, type Interceptor } from "./interceptor.ts";
import type { Registered } from "./hosts.ts";
import { ServerConnection, type ServerContext } from "./server-connection.ts";
import type { ServerCall } from "./server-call.ts";
import type { AnyMethod, Messages, Method, Service } from "./service.ts";

/** The function that serves a method of this kind. */
export type Handler<M> =
  M extends Method<infer I, infer O, infer K>
    ? K extends "unary"
      ? (request: I, call: ServerCall) => O | Promise<O>
      : K extends "serverStream"
        ? (request: I, call: ServerCall) => Messages<O>
        : K extends "clientStream"
          ? (requests: AsyncIterable<I>, call: ServerCall) => O | Promise<O>
          : (requests: AsyncIterable<I>, call: ServerCall) => Messages<O>
    : never;

export type Handlers<S extends Service> = { readonly [M in keyof S["methods"]]?: Handler<S["methods"][M]> };

/** A service with its handlers, for `serve`. */
export interface Implementation {
  readonly service: Service<any>;
  readonly handlers: Readonly<Record<string, ((request: any, call: ServerCall) => any) | undefined>>;
}

/** Joins a service and its handlers; methods without a handler answer UNIMPLEMENTED. */
export function implement<S extends Service<any>>(service: S, handlers: Handlers<S>): Implementation {
  return { service, handlers: handlers as Implementation["handlers"] };
}

export interface ServeOptions {
  readonly services: readonly Implementation[];
  /** TCP: `127.0.0.1` and a free port when not given. */
  readonly host?: string;
  readonly port?: number;
  /** A Unix socket instead. */
  readonly path?: string;
  /** TLS options of Node; ALPN is set by us, TLS 1.3 is the least unless `minVersion` says otherwise. */
  readonly tls?: Omit<TlsOptions, "ALPNProtocols">;
  readonly interceptors?: readonly Interceptor[];
  /** Compresses replies of 1 KB and more for clients that take gzip. */
  readonly compression?: "gzip" | "identity";
  readonly keepalive?: KeepaliveOptions;
  /** Connections at once; more are closed. Unlimited when not given. */
  readonly maxConnections?: number;
  readonly limits?: Partial<Limits>;
  /** Hears what a handler threw that is no GrpcError; the client gets UNKNOWN without its message. `console.error` when not given. */
  readonly onError?: (error: unknown, call: ServerCall | undefined) => void;
}

/** A gRPC server that listens. */
export interface Server {
  /** `127.0.0.1:50051`, `[::1]:50051` or `unix:/path`: what `connect` takes. */
  readonly address: string;
  readonly port: number;
  /** Open connections. */
  readonly connections: number;
  /**
   * Accepts nothing more, tells clients by GOAWAY, lets open calls finish and resolves when all are gone; what is open
   * after `graceMs` (10,000 when not given) is cut off.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a server; resolves when it listens, rejects when it cannot. Throws TypeError when a method is served twice. */
export async function serve(options: ServeOptions): Promise<Server> {
  const connections = new Set<ServerConnection>();
  let onIdle: (() => void) | undefined;
  const context: ServerContext = {
    limits: limitsWith(options.limits),
    methods: register(options.services, options.interceptors ?? []),
    gzip: options.compression === "gzip",
    keepalive: options.keepalive,
    onError: options.onError ?? ((error) => console.error(error)),
    onClose: (connection) => {
      connections.delete(connection);
      if (connections.size === 0) onIdle?.();
    },
  };
  const accept = (socket: Socket): void => {
    socket.setNoDelay(true);
    connections.add(new ServerConnection(socket, context));
  };
  const listener = listen(options, context.limits, accept);
  if (options.maxConnections !== undefined) listener.maxConnections = options.maxConnections;
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    const done = (): void => {
      listener.off("error", reject);
      resolve();
    };
    if (options.path !== undefined) listener.listen(options.path, done);
    else listener.listen(options.port ?? 0, options.host ?? "127.0.0.1", done);
  });
  listener.on("error", (error) => context.onError(error, undefined));

  const close = async ({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> => {
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    const idle = connections.size === 0 ? undefined : new Promise<void>((resolve) => (onIdle = resolve));
    for (const connection of connections) connection.drain();
    const timer = setTimeout(() => {
      for (const connection of connections) connection.lose("the server is closing");
    }, graceMs);
    await idle;
    clearTimeout(timer);
    await closed;
  };
  const address = listener.address() as AddressInfo | string;
  return {
    address:
      typeof address === "string"
        ? `unix:${address}`
        : `${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`,
    port: typeof address === "string" ? 0 : address.port,
    get connections() {
      return connections.size;
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

function listen(options: ServeOptions, limits: Limits, accept: (socket: Socket) => void): NetServer {
  if (options.tls === undefined) return createTcp({ noDelay: true, allowHalfOpen: false }, accept);
  const server = createTls({
    minVersion: "TLSv1.3",
    handshakeTimeout: limits.handshakeTimeoutMs,
    ...options.tls,
    ALPNProtocols: ["h2"],
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    // A client that asks for no protocol at all does not speak HTTP/2.
    if (socket.alpnProtocol === "h2") return accept(socket);
    socket.on("error", () => undefined);
    socket.destroy();
  });
  server.on("tlsClientError", (_error, socket) => void socket.destroy());
  return server;
}

export function register(
  services: readonly Implementation[],
  interceptors: readonly Interceptor[],
): Map<string, Registered> {
  const methods = new Map<string, Registered>();
  for (const { service, handlers } of services) {
    for (const [name, handler] of Object.entries(handlers)) {
      const method = service.methods[name] as AnyMethod | undefined;
      if (method === undefined)
        throw new TypeError(`${service.name} has no method ${name}, but there is a handler for it`);
      if (handler === undefined) continue;
      if (methods.has(method.path)) throw new TypeError(`${method.path} is served twice`);
      methods.set(method.path, {
        method,
        streamsIn: method.kind === "clientStream" || method.kind === "bidi",
        streamsOut: method.kind === "serverStream" || method.kind === "bidi",
        invoke:
          interceptors.length === 0
            ? handler
            : (request, call) => chain(interceptors, call, (message) => handler(message, call))(request),
      });
    }
  }
  return methods;
}
