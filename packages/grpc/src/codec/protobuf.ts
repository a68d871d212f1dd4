import type { Codec } from "./codec.ts";
import { DecoderCompiler } from "./decode.ts";
import type { MessageType } from "./descriptor.ts";
import { EncoderCompiler } from "./encode.ts";

const encoders = new EncoderCompiler();
const decoders = new DecoderCompiler();
const codecs = new WeakMap<MessageType, Codec<any>>();

/**
 * The protobuf codec of a message that `message` described. Fields without presence decode to their proto3 default,
 * those with presence are missing properties; unknown fields are dropped. Compiled at the first use, with
 * `new Function`: where code generation is forbidden, use `protobufjs`.
 */
export function protobuf<T>(type: MessageType): Codec<T> & { readonly type: MessageType } {
  const known = codecs.get(type);
  if (known !== undefined) return known as Codec<T> & { readonly type: MessageType };
  const codec: Codec<T> & { readonly type: MessageType } = {
    type,
    encode: (value, out) => {
      codec.encode = encoders.compile(type).encode as Codec<T>["encode"];
      codec.encode(value, out);
    },
    decode: (from, start, end) => {
      const { decode } = decoders.compile(type);
      codec.decode = (b, p, e) => decode(b, p, e, 0) as T;
      return codec.decode(from, start, end);
    },
  };
  codecs.set(type, codec);
  return codec;
}
