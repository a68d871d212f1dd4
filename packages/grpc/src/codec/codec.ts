import type { Output } from "../http2/output.ts";
import type { MessageType } from "./descriptor.ts";

/**
 * How values become messages. `encode` appends to `out`; when it throws, what it wrote is dropped. `decode` reads
 * `from[start..end)`, must never read outside, and throws when the bytes are not a message. `from` is not changed
 * afterwards, but a view of it keeps up to 64 KiB alive: copy what is kept for long.
 */
export interface Codec<T> {
  encode(value: T, out: Output): void;
  decode(from: Buffer, start: number, end: number): T;
  /** For reflection: what the message looks like. */
  readonly type?: MessageType;
}

/** Messages as they are: bytes in, and out a view of what arrived. */
export const raw: Codec<Uint8Array> = {
  encode: (value, out) => out.raw(value),
  decode: (from, start, end) => from.subarray(start, end),
};

/** What is used of a type of protobufjs. */
export interface ProtobufjsType<T> {
  encode(value: any): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  toObject(message: any, options?: Record<string, unknown>): Record<string, unknown> | T;
}

/** A codec over a type of protobufjs, for `.proto` files that are loaded with it. */
export function protobufjs<T>(type: ProtobufjsType<T>): Codec<T> {
  return {
    encode: (value, out) => out.raw(type.encode(value).finish()),
    decode: (from, start, end) => type.decode(from.subarray(start, end)) as T,
  };
}
