/** The largest message that travels, in bytes, encoded: what gRPC servers accept unless told otherwise. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** A message, or the whole of its encoding so far, is over {@link MAX_MESSAGE_BYTES}. */
export class MessageTooLarge extends Error {
  override readonly name = "MessageTooLarge";
  constructor() {
    super(`is over ${MAX_MESSAGE_BYTES.toLocaleString("en")} bytes: send it in pages`);
  }
}

/** Bytes that are no message of the expected type, or a value that the type cannot hold. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}
