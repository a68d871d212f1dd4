import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { decodeSource } from "./decode-source.ts";
import {
  type ContractDescriptor,
  everyMessage,
  type MessageDescriptor,
  type MethodDescriptor,
} from "./descriptor.ts";
import { encodeSource } from "./encode-source.ts";
import { MalformedMessage } from "./limits.ts";

/** Turns the JSON values of one message into protobuf and back. Values are validated before and after, not here. */
export interface MessageCodec {
  readonly message: MessageDescriptor;
  /** @throws MessageTooLarge over 4 MB, MalformedMessage for a value that the type cannot hold */
  encode(value: unknown): Buffer;
  /** Fields that are not known are dropped, absent ones stay absent. @throws MalformedMessage */
  decode(bytes: Uint8Array): unknown;
}

export interface MethodCodec {
  readonly method: MethodDescriptor;
  readonly request: MessageCodec;
  readonly response: MessageCodec;
  /** By code. */
  readonly errors: ReadonlyMap<string, ErrorCodec>;
}

export interface ErrorCodec extends MessageCodec {
  /** `"type.googleapis.com/kerf.inventory.v1.ReserveErrors.OutOfStock"`. */
  readonly typeUrl: string;
}

export interface ContractCodec {
  readonly contract: ContractDescriptor;
  /** By member id, queries and commands. */
  readonly methods: ReadonlyMap<string, MethodCodec>;
  /** By member id. */
  readonly events: ReadonlyMap<string, MessageCodec>;
}

type Encode = (writer: ByteWriter, value: unknown) => void;
type Decode = (reader: ByteReader) => unknown;

/** Compiles the codecs of a contract: each message becomes straight-line code, once. */
export function codec(contract: ContractDescriptor): ContractCodec {
  const make = compile(contract.messages);
  const methods = contract.methods.map((method): readonly [string, MethodCodec] => {
    const errors = [...method.errors].map(([code, message]): readonly [string, ErrorCodec] => [
      code,
      { ...make(message), typeUrl: `type.googleapis.com/${contract.package}.${message.path}` },
    ]);
    return [
      method.member,
      { method, request: make(method.request), response: make(method.response), errors: new Map(errors) },
    ];
  });
  const events = contract.events.map(({ member, data }) => [member, make(data)] as const);
  return { contract, methods: new Map(methods), events: new Map(events) };
}

/** Compiles `messages` and all that are nested in them. */
export function compile(
  messages: readonly MessageDescriptor[],
): (message: MessageDescriptor) => MessageCodec {
  const all = [...new Set(everyMessage(messages))];
  const index = new Map(all.map((message, at) => [message, at]));
  const encoders = link<Encode>(
    all.map((m) => `function e${index.get(m)}(w, v) {\n${encodeSource(m, (n) => `e${index.get(n)}`)}\n}`),
    "e",
    { unknownOption },
  );
  const decoders = link<Decode>(
    all.map((m) => `function d${index.get(m)}(r) {\n${decodeSource(m, (n) => `d${index.get(n)}`)}\n}`),
    "d",
    { nested, put, nothing, empty },
  );
  return (message) => {
    const at = index.get(message) ?? -1;
    const encode = encoders[at];
    const decode = decoders[at];
    if (!encode || !decode) throw new Error(`${message.path} was not among the messages that were compiled.`);
    return codecOf(message, encode, decode);
  };
}

// Encoding is never interrupted, so one writer serves all.
const writer = new ByteWriter();

function codecOf(message: MessageDescriptor, encode: Encode, decode: Decode): MessageCodec {
  return {
    message,
    encode(value) {
      try {
        encode(writer, value);
        return writer.take();
      } catch (error) {
        writer.reset();
        throw error;
      }
    },
    decode: (bytes) => decode(new ByteReader(bytes)),
  };
}

/** Names and keys reach the source as JSON strings and numbers only, and come from contracts, never from a caller. */
function link<T>(sources: readonly string[], prefix: string, scope: Readonly<Record<string, unknown>>): T[] {
  const list = sources.map((_, at) => `${prefix}${at}`).join(", ");
  const body = `"use strict";\n${sources.join("\n")}\nreturn [${list}];`;
  return new Function(...Object.keys(scope), body)(...Object.values(scope)) as T[];
}

const empty = new Uint8Array(0);

function nothing(): ByteReader {
  return new ByteReader(empty);
}

function nested(reader: ByteReader, decode: Decode): unknown {
  const outer = reader.enter();
  const value = decode(reader);
  reader.leave(outer);
  return value;
}

/** Plain assignment of `__proto__` would change what the object is. */
function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function unknownOption(key: string, value: unknown): never {
  throw new MalformedMessage(`no option has ${key} = ${JSON.stringify(value)}`);
}
