import { StatusError } from "kerf";
import type { CallTokens } from "../authority/call-token.ts";
import { MalformedMessage, type MethodCodec } from "../proto/index.ts";
import { interrupted, outgoing, received } from "./ask.ts";
import type { CallRequest } from "./transport.ts";
import type { OpenStream } from "./wire.ts";

/**
 * The calling side of a stream that is carried as bytes.
 * @throws DeclaredError | StatusError and nothing else
 */
export async function* askStream(
  codec: MethodCodec,
  request: CallRequest,
  address: string,
  reader: AbortSignal,
  open: OpenStream,
  tokens: CallTokens,
): AsyncGenerator<unknown> {
  const { member } = request;
  if (reader.aborted) throw interrupted(reader, member);
  const call = outgoing(codec, request, reader, tokens);
  try {
    for await (const message of open(call)) yield codec.response.decode(message);
  } catch (error) {
    if (reader.aborted) throw interrupted(reader, member);
    if (!(error instanceof MalformedMessage)) throw received(error, codec, address);
    const text = `an answer of ${member} from ${address} is not what its contract says: ${error.message}`;
    throw new StatusError("INTERNAL", text, { cause: error });
  }
}
