import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { problem, type Problem } from "../problems/problem.ts";
import { TIMED_OUT, type LegacyConnections } from "./connection.ts";
import { isLoop, pairs, requestHeaders, responseHeaders, type PassedOn } from "./headers.ts";

export interface Forwarding extends PassedOn {
  readonly connections: LegacyConnections;
  /** Whether connections end with their current answer. */
  readonly closing: () => boolean;
}

/** Answers instead of the existing application; called before anything was answered, and at most once. */
export type Refuse = (found: Problem) => void;

/** Sends one request on and its answer back. Nothing is read as a whole, decoded, or followed. */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  traceparent: string,
  forwarding: Forwarding,
  refuse: Refuse,
): void {
  const { target, pseudonym } = forwarding;
  if (isLoop(request, pseudonym)) return refuse(problem("loop-detected"));
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > target.bodyBytes) return refuse(tooLarge());
  const headers = requestHeaders(request, traceparent, forwarding);
  const bodyless = declared === 0 && request.headers["transfer-encoding"] === undefined;
  attempt(new Exchange(request, response, headers, forwarding, refuse), bodyless, true);
}

class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: readonly string[];
  readonly forwarding: Forwarding;
  readonly #refuse: Refuse;
  /** An answer has begun, or will not be needed. */
  settled = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    headers: readonly string[],
    forwarding: Forwarding,
    refuse: Refuse,
  ) {
    this.request = request;
    this.response = response;
    this.headers = headers;
    this.forwarding = forwarding;
    this.#refuse = refuse;
  }

  refuse(found: Problem): void {
    if (this.settled) return;
    this.settled = true;
    this.#refuse(found);
  }
}

function attempt(exchange: Exchange, bodyless: boolean, reuse: boolean): void {
  const { request, response, headers, forwarding } = exchange;
  const { connections, target } = forwarding;
  const upstream = connections.open(request.method!, request.url!, headers, reuse);
  const abandon = () => {
    exchange.settled = true;
    upstream.destroy();
  };
  response.once("close", abandon);
  upstream.once("response", (answer) => {
    upstream.setTimeout(target.timeouts.idleMs);
    pass(answer, upstream, exchange);
  });
  upstream.on("information", ({ statusCode, rawHeaders }) => {
    if (statusCode === 103 && request.httpVersion === "1.1") earlyHints(response, rawHeaders);
  });
  upstream.once("continue", () => response.writeContinue());
  upstream.on("error", (error: NodeJS.ErrnoException) => {
    if (exchange.settled) return;
    response.off("close", abandon);
    // The application closed a kept connection just then: it has seen nothing of the request (RFC 9110 section 9.2.2).
    if (bodyless && upstream.reusedSocket && closedBefore(error) && repeatable.has(request.method!)) {
      return attempt(exchange, bodyless, false);
    }
    request.unpipe(upstream);
    exchange.refuse(problemOf(error, request));
  });
  if (bodyless) upstream.end();
  else sendBody(upstream, exchange);
}

/** Methods that may be repeated without being asked. */
const repeatable = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

function closedBefore({ code }: NodeJS.ErrnoException): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}

function sendBody(upstream: ClientRequest, exchange: Exchange): void {
  const { request, forwarding } = exchange;
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= forwarding.target.bodyBytes) return;
    exchange.refuse(tooLarge());
    upstream.destroy();
  });
  request.once("end", () => {
    if (request.rawTrailers.length > 0) upstream.addTrailers(pairs(request.rawTrailers));
    upstream.end();
  });
  request.pipe(upstream, { end: false });
}

function pass(answer: IncomingMessage, upstream: ClientRequest, exchange: Exchange): void {
  const { request, response, forwarding } = exchange;
  if (exchange.settled) return void answer.destroy();
  exchange.settled = true;
  // Whoever answers before the end of the request does not know where the next one begins.
  const closing = !request.complete || forwarding.closing();
  response.writeHead(
    answer.statusCode!,
    answer.statusMessage ?? "",
    responseHeaders(answer, forwarding, closing),
  );
  // The first event of a stream may be long in coming.
  response.flushHeaders();
  answer.pipe(response, { end: false });
  answer.once("end", () => {
    if (answer.rawTrailers.length > 0) response.addTrailers(pairs(answer.rawTrailers));
    response.end();
    request.unpipe(upstream);
    request.resume();
  });
  // An answer that is cut must not look complete.
  answer.once("close", () => answer.complete || response.destroy());
  answer.on("error", () => {});
}

function earlyHints(response: ServerResponse, raw: readonly string[]): void {
  const hints: { [name: string]: string[] } = {};
  for (const [name, value] of pairs(raw)) (hints[name.toLowerCase()] ??= []).push(value);
  const { link } = hints;
  if (link !== undefined && !response.headersSent) response.writeEarlyHints({ ...hints, link });
}

function tooLarge(): Problem {
  return problem("body-too-large", { headers: { connection: "close" } });
}

/** A stranger who was sending a body when it failed does not know how much of it was read. */
function problemOf(error: NodeJS.ErrnoException, request: IncomingMessage): Problem {
  const headers: Record<string, string> = request.complete ? {} : { connection: "close" };
  return problem(error.code === TIMED_OUT ? "legacy-timeout" : "legacy-unreachable", {
    headers,
    cause: error,
  });
}
