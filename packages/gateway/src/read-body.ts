import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { parseBody } from "./body.ts";
import type { Limits } from "./limits.ts";
import { problem, type Problem } from "./problems/problem.ts";
import type { Refuse, Stage } from "./stage.ts";

type Outcome = { readonly value: unknown } | { readonly refused: Problem };

/**
 * Reads a JSON body before the next stage. What its headers say is too long or no JSON is refused unread; what is refused while
 * it is read ends the connection, since nobody knows what else is on its way.
 */
export function bodyStage(limits: Limits, refuse: Refuse): Stage {
  return (next) => (exchange) => {
    const { request } = exchange;
    const { headers } = request;
    if (headers["content-type"] === undefined && !hasBody(headers)) return next(exchange);
    const found = refusedUnread(headers, limits.bodyBytes);
    if (found !== undefined) return refuse(exchange, found);
    read(request, limits, (outcome) => {
      if ("refused" in outcome) return refuse(exchange, outcome.refused);
      exchange.body = outcome.value;
      next(exchange);
    });
  };
}

function hasBody({ "content-length": length, "transfer-encoding": encoding }: IncomingHttpHeaders): boolean {
  return encoding !== undefined || (length !== undefined && length !== "0");
}

function refusedUnread(headers: IncomingHttpHeaders, most: number): Problem | undefined {
  const { "content-type": type = "", "content-length": length, "content-encoding": coding } = headers;
  if (type !== "application/json" && !isJson(type)) return problem("unsupported-media-type");
  if (coding !== undefined && coding !== "identity") return problem("unsupported-media-type", closing);
  return Number(length) > most ? problem("body-too-large", closing) : undefined;
}

/** With any parameters (RFC 9110 section 8.3.1), but for a `charset` that is not UTF-8. */
function isJson(type: string): boolean {
  if (!/^\s*application\/json\s*(?:;|$)/i.test(type)) return false;
  const charset = /;\s*charset="?([^";\s]*)/i.exec(type)?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}

const closing = { headers: { connection: "close" } };

/** By `readable`, which costs a third of a flow of `data`. */
function read(request: IncomingMessage, limits: Limits, done: (outcome: Outcome) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let ended = false;
  function onReadable(): void {
    if (ended) return;
    for (let chunk: Buffer | null = request.read(); chunk !== null; chunk = request.read()) {
      chunks.push(chunk);
      length += chunk.length;
    }
    if (length > limits.bodyBytes) end({ refused: problem("body-too-large", closing) });
    else if (request.complete)
      end(outcomeOf(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), limits));
  }
  function onError(): void {
    if (!ended) end({ refused: problem("malformed-request", closing) });
  }
  function end(outcome: Outcome): void {
    ended = true;
    // The rest of it, if there is any, goes nowhere.
    if (!request.complete) request.off("readable", onReadable).resume();
    done(outcome);
  }
  // Where nothing comes, nothing is ever readable.
  request.on("readable", onReadable).on("end", onReadable).on("error", onError);
}

function outcomeOf(bytes: Buffer, limits: Limits): Outcome {
  const parsed = parseBody(bytes, limits);
  return "fault" in parsed
    ? { refused: problem("malformed-request", { detail: parsed.fault, ...closing }) }
    : parsed;
}
