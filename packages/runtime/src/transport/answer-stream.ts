import { StatusError } from "kerf";
import type { CallTokens } from "../authority/call-token.ts";
import { MessageTooLarge, type MethodCodec } from "../proto/index.ts";
import { decodeInput, encodeError, headerOf, type OnProblem } from "./answer.ts";
import { MAX_TIMEOUT_MS } from "./limits.ts";
import type { DispatchStream } from "./transport.ts";
import { type IncomingCall, WireFailure } from "./wire.ts";

/**
 * The receiving side of a stream that is carried as bytes: one message in, an answer out whenever one is asked for.
 * @throws WireFailure and nothing else
 */
export async function* answerStream(
  codec: MethodCodec,
  messages: AsyncIterable<Uint8Array>,
  call: IncomingCall,
  dispatch: DispatchStream,
  onProblem: OnProblem,
  tokens: CallTokens,
): AsyncGenerator<Uint8Array> {
  const { member } = codec.method;
  try {
    const header = headerOf(call, member, tokens, MAX_TIMEOUT_MS);
    const input = decodeInput(codec, await theOne(messages, member));
    for await (const answer of dispatch({ member, input, header }, call.signal)) {
      yield codec.response.encode(answer);
    }
  } catch (error) {
    if (error instanceof WireFailure) throw error;
    if (error instanceof MessageTooLarge)
      throw encodeError(
        new StatusError("RESOURCE_EXHAUSTED", `an answer of ${member} ${error.message}`),
        codec,
        onProblem,
      );
    throw encodeError(error, codec, onProblem);
  }
}

async function theOne(messages: AsyncIterable<Uint8Array>, member: string): Promise<Uint8Array> {
  // The iteration is not left: on the wire that would say that the call is over.
  const { done, value } = await messages[Symbol.asyncIterator]().next();
  if (done) throw new StatusError("INVALID_ARGUMENT", `${member} was asked without an input`);
  return value;
}
