import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Problem, SessionRequest } from "../api/index.ts";
import type { Receiver } from "../otlp/receiver.ts";
import type { Parts } from "../parts.ts";
import { guard, securityHeaders, type Guard } from "./guard.ts";
import { sendPage } from "./pages.ts";
import { Parameters } from "./parameters.ts";
import { readBody } from "./read-body.ts";
import { Refusal } from "./refusal.ts";
import { routeOf } from "./routes.ts";

export interface ServeOptions {
  /** On loopback. */
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly token: string;
  readonly parts: Parts;
  readonly receive: Receiver;
  /** Folder of the built page. */
  readonly pages: string;
  /** Hears of failures that are ours. */
  readonly onError: (error: unknown) => void;
}

const MOST_CONNECTIONS = 256;

/** Serves the page, its API and OTLP on one port. @throws Error where the port is taken */
export async function serve(options: ServeOptions): Promise<Server> {
  let port = options.port;
  const watch = guard(options.token, () => port);
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => {
      answer(request, response, options, watch).catch((error: unknown) => fail(response, error, options));
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port, exclusive: true }, resolve);
  });
  const address = server.address();
  if (typeof address === "object" && address) port = address.port;
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { parts, receive, pages }: ServeOptions,
  watch: Guard,
): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  watch.checkHost(request);
  const url = URL.parse(request.url ?? "", "http://dashboard");
  if (!url) throw new Refusal(400, "the path is none");
  const { pathname } = url;
  if (pathname.startsWith("/v1/")) return await receive(request, response, pathname);
  const method = request.method === "HEAD" ? "GET" : (request.method ?? "");
  if (!pathname.startsWith("/api/")) {
    if (method !== "GET") throw new Refusal(405, "this takes GET");
    return await sendPage(response, pages, pathname);
  }
  watch.checkOrigin(request);
  if (pathname === "/api/session") {
    if (method !== "POST") throw new Refusal(405, "this takes POST");
    const { token } = (await readBody(request)) as Partial<SessionRequest>;
    response.setHeader("set-cookie", watch.open(token));
    return sendJson(response, undefined);
  }
  watch.checkSession(request);
  const { handle, path } = routeOf(method, pathname);
  const value = await handle(parts, { request, response, path, query: new Parameters(url.searchParams) });
  if (value !== "sent") sendJson(response, value);
}

function sendJson(response: ServerResponse, value: unknown, status = value === undefined ? 204 : 200): void {
  const body = value === undefined ? "" : JSON.stringify(value);
  response.writeHead(status, {
    "cache-control": "no-store",
    ...(value === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
  });
  response.end(body);
}

function fail(response: ServerResponse, error: unknown, { onError }: ServeOptions): void {
  if (response.headersSent) return void response.destroy();
  if (!(error instanceof Refusal)) onError(error);
  const { status, message, violations } =
    error instanceof Refusal
      ? error
      : new Refusal(500, "this went wrong here; the output of kerf dev says how");
  if (!response.req.complete) response.setHeader("connection", "close");
  const problem: Problem = { error: message, ...(violations && { violations }) };
  sendJson(response, problem, status);
}
