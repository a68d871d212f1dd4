import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { Output, type Codec } from "@kerf/grpc";
import { answer, refusal, requests, type Signal } from "./messages.ts";
import type { Row } from "./row.ts";
import { readRows } from "./rows.ts";

export interface ReceiverOptions {
  /** Takes rows; false where there are too many at the moment: the sender tries again. */
  readonly take: (rows: readonly Row[]) => boolean;
  /** Of a body, as it is sent and unpacked. Default 4 MiB and 16 MiB. */
  readonly maxBytes?: number;
  readonly maxUnpackedBytes?: number;
}

/** Answers `POST /v1/traces`, `/v1/metrics` and `/v1/logs`, as OTLP 1.x over HTTP has it. */
export type Receiver = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

type Encoding = "protobuf" | "json";

class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const unpack = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;
/** Bodies that are read at the same time: with their bounds, what strangers can make us hold. */
const MOST_AT_ONCE = 8;

export function receiver(options: ReceiverOptions): Receiver {
  const maxBytes = options.maxBytes ?? 4 << 20;
  const maxUnpackedBytes = options.maxUnpackedBytes ?? 16 << 20;
  let reading = 0;

  return async (request, response, path) => {
    const encoding = encodingOf(request);
    try {
      const signal = signalOf(path);
      // A page in a browser has no business here, whatever it is served from.
      if (request.headers.origin !== undefined) throw new Refused(403, "browsers may not send here");
      if (request.method !== "POST") throw new Refused(405, "OTLP is sent with POST");
      if (encoding === undefined)
        throw new Refused(415, "the content type is application/x-protobuf or application/json");
      if (reading >= MOST_AT_ONCE) throw new Refused(503, "too many requests at once: try again");
      reading++;
      let rows;
      try {
        rows = readRows(signal, decode(signal, encoding, await bodyOf(request, maxBytes, maxUnpackedBytes)));
      } finally {
        reading--;
      }
      if (rows.rows.length > 0 && !options.take(rows.rows))
        throw new Refused(503, "more comes than can be written: try again");
      const partialSuccess =
        rows.rejected === 0 ? undefined : { rejected: BigInt(rows.rejected), errorMessage: rows.reason };
      send(
        response,
        200,
        encoding,
        answer,
        partialSuccess ? { partialSuccess } : {},
        jsonOf(signal, partialSuccess),
      );
    } catch (error) {
      const { status, message } =
        error instanceof Refused ? error : new Refused(400, "the body is not what its content type says");
      if (status === 503) response.setHeader("retry-after", "1");
      // What is left of the body is not worth reading.
      if (!request.complete) response.setHeader("connection", "close");
      const code = status === 503 ? 14 : status === 403 ? 7 : 3;
      send(response, status, encoding ?? "json", refusal, { code, message }, { code, message });
    }
  };
}

function signalOf(path: string): Signal {
  const signal = path.slice("/v1/".length);
  if (signal !== "traces" && signal !== "metrics" && signal !== "logs")
    throw new Refused(404, "there are /v1/traces, /v1/metrics and /v1/logs");
  return signal;
}

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const type = request.headers["content-type"]?.split(";")[0]!.trim().toLowerCase();
  return type === "application/x-protobuf" ? "protobuf" : type === "application/json" ? "json" : undefined;
}

async function bodyOf(request: IncomingMessage, most: number, mostUnpacked: number): Promise<Buffer> {
  const tooLarge = (): Refused =>
    new Refused(413, `a body has at most ${most} bytes, and ${mostUnpacked} unpacked: send smaller batches`);
  if (Number(request.headers["content-length"] ?? 0) > most) throw tooLarge();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > most) throw tooLarge();
    parts.push(part);
  }
  const body = Buffer.concat(parts);
  const packed = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (packed === "identity") return body;
  if (packed !== "gzip" && packed !== "deflate")
    throw new Refused(415, "the content encoding is gzip, deflate or none");
  try {
    return await unpack[packed](body, { maxOutputLength: mostUnpacked });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new Refused(400, `the body is not ${packed}`);
  }
}

function decode(signal: Signal, encoding: Encoding, body: Buffer): unknown {
  if (encoding === "protobuf") return requests[signal].decode(body, 0, body.length);
  const value: unknown = JSON.parse(body.toString("utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refused(400, "the body is no JSON object");
  return value;
}

function jsonOf(signal: Signal, partial: { rejected: bigint; errorMessage: string } | undefined): object {
  if (!partial) return {};
  const name = { traces: "rejectedSpans", metrics: "rejectedDataPoints", logs: "rejectedLogRecords" }[signal];
  return { partialSuccess: { [name]: String(partial.rejected), errorMessage: partial.errorMessage } };
}

function send(
  response: ServerResponse,
  status: number,
  encoding: Encoding,
  codec: Codec<unknown>,
  value: unknown,
  json: object,
): void {
  let body: Uint8Array = Buffer.from(JSON.stringify(json));
  if (encoding === "protobuf") {
    const out = new Output();
    codec.encode(value, out);
    body = out.take();
  }
  response.writeHead(status, {
    "content-type": encoding === "protobuf" ? "application/x-protobuf" : "application/json",
    "content-length": body.length,
  });
  response.end(body);
}
