import { ErrorCode } from "../http2/http2-error.ts";
import { Stream } from "../http2/stream.ts";
import { isGrpc, type RequestHead } from "./request-head.ts";
import type { CallHost } from "./hosts.ts";

/** Content after which it is answered although more may come. */
const ENOUGH = 32 * 1024;

type Refusal = readonly [status: number, text: string];

/** The plain HTTP answer to a request that is not gRPC; undefined for one that is. */
export function httpRefusal(head: RequestHead): Refusal | undefined {
  if (head.method !== "POST")
    return [405, "This is a gRPC server: it answers POST with content-type application/grpc.\n"];
  if (!isGrpc(head.contentType))
    return [415, "This is a gRPC server: the content-type must be application/grpc.\n"];
  return undefined;
}

/** A request that is HTTP but not gRPC, of a browser or a health check. Its content is ignored. */
export class HttpRefusal extends Stream {
  readonly #connection: CallHost;
  readonly #refusal: Refusal;
  readonly #bodyless: boolean;
  readonly #contentLength: number;
  #received = 0;
  #answered = false;

  constructor(connection: CallHost, id: number, refusal: Refusal, bodyless: boolean, contentLength: number) {
    super();
    this.#connection = connection;
    this.id = id;
    this.#refusal = refusal;
    this.#bodyless = bodyless;
    this.#contentLength = contentLength;
  }

  override onHeaders(fields: readonly string[], count: number, ends: boolean): void {
    if (ends && (count === 0 || !fields[0]!.startsWith(":"))) return;
    this.#connection.resetByPeersFault(this, ErrorCode.PROTOCOL_ERROR, "a second header block");
  }

  override onData(_from: Buffer, start: number, end: number): void {
    this.#received += end - start;
    if (this.#received > ENOUGH) this.#answer();
  }

  override onEnd(): void {
    this.remoteEnded = true;
    if (this.#contentLength >= 0 && this.#contentLength !== this.#received) {
      return this.#connection.resetByPeersFault(
        this,
        ErrorCode.PROTOCOL_ERROR,
        "content-length is not the length of the content",
      );
    }
    this.#answer();
  }

  #answer(): void {
    if (this.#answered) return;
    this.#answered = true;
    const { sender } = this.#connection;
    const [status, text] = this.#refusal;
    const headers = sender.beginHeaders();
    sender.encoder.field(sender.out, ":status", String(status));
    sender.encoder.field(sender.out, "content-type", "text/plain; charset=utf-8");
    sender.endHeaders(headers, this.id, this.#bodyless);
    if (this.#bodyless) this.localEnded = true;
    else {
      const data = sender.beginData(text.length);
      sender.out.latin1(text);
      sender.endData(data, this, true);
    }
    sender.schedule();
    if (this.localEnded) this.onUnparked();
  }

  override onUnparked(): void {
    if (this.remoteEnded) this.#connection.remove(this);
    else this.#connection.reset(this, ErrorCode.NO_ERROR);
  }

  override onGone(): void {}

  override onDeadline(): void {}
}
