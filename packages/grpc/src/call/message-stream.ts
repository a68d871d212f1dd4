import type { Codec } from "../codec/codec.ts";
import { Stream } from "../http2/stream.ts";
import { GrpcError } from "./grpc-error.ts";
import { decompress, MESSAGE_PREFIX, messageLength, MessageReader } from "./messages.ts";
import { Status } from "./status.ts";

/** A stream whose DATA is gRPC messages: how a call, on either side, takes them out and sends those of an iterable. */
export abstract class MessageStream extends Stream {
  #reader: MessageReader | undefined;
  #iterator: AsyncIterator<unknown> | undefined;
  #unparked: (() => void) | undefined;

  /** The call has its result: messages do not count any more. */
  protected abstract get over(): boolean;
  protected abstract onMessage(value: unknown, bytes: number): void;
  /** Sends one message; false when it was parked. */
  protected abstract write(value: unknown): boolean;

  /** Counts bytes of an unfinished message; throws GrpcError to refuse them. */
  protected hold(_bytes: number): void {}

  /** Takes a payload. A message that lies whole in it, as nearly all do, is decoded where it lies. */
  protected receive(
    codec: Codec<unknown>,
    encoding: string | undefined,
    maxBytes: number,
    from: Buffer,
    start: number,
    end: number,
  ): void {
    const alone = this.#reader === undefined && end - start >= MESSAGE_PREFIX;
    if (alone && messageLength(from, start, maxBytes) === end - start - MESSAGE_PREFIX) {
      return this.#decode(codec, encoding, maxBytes, from[start] === 1, from, start + MESSAGE_PREFIX, end);
    }
    this.#reader ??= new MessageReader(
      maxBytes,
      (compressed, b, p, e) => this.#decode(codec, encoding, maxBytes, compressed, b, p, e),
      (bytes) => this.hold(bytes),
    );
    this.#reader.push(from, start, end);
  }

  #decode(
    codec: Codec<unknown>,
    encoding: string | undefined,
    maxBytes: number,
    compressed: boolean,
    from: Buffer,
    start: number,
    end: number,
  ): void {
    if (this.over || this.closed) return;
    let value: unknown;
    try {
      if (compressed) {
        const plain = decompress(from, start, end, encoding, maxBytes);
        value = codec.decode(plain, 0, plain.length);
      } else value = codec.decode(from, start, end);
    } catch (error) {
      if (error instanceof GrpcError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new GrpcError(Status.INTERNAL, `a message cannot be decoded: ${reason}`, { cause: error });
    }
    this.onMessage(value, end - start + MESSAGE_PREFIX);
  }

  protected get insideMessage(): boolean {
    return this.#reader !== undefined && !this.#reader.empty;
  }

  protected dropUnfinished(): void {
    this.#reader?.drop();
  }

  /** Sends what `messages` gives at the pace of the peer; true at its end, false when the call was over before. */
  protected async sendAll(
    messages: AsyncIterable<unknown> | Iterable<unknown>,
    sent: () => void,
  ): Promise<boolean> {
    const iterator = (
      Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]()
    ) as AsyncIterator<unknown>;
    this.#iterator = iterator;
    try {
      while (!this.closed && !this.over) {
        const { done, value } = await iterator.next();
        if (this.closed || this.over) return false;
        if (done === true) return true;
        if (this.write(value)) sent();
        else await new Promise<void>((resolve) => (this.#unparked = resolve));
      }
      return false;
    } finally {
      this.#iterator = undefined;
    }
  }

  override onUnparked(): void {
    const resolve = this.#unparked;
    this.#unparked = undefined;
    resolve?.();
  }

  /** No more is sent: a generator that waits for something else ends at its next yield. */
  protected stopSending(): void {
    this.#unparked?.();
    void this.#iterator?.return?.()?.catch(() => undefined);
  }
}
