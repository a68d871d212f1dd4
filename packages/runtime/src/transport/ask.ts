import { serviceNameOf, StatusError } from "kerf";
import type { CallTokens } from "../authority/call-token.ts";
import { deadlineExceeded } from "../call/deadline.ts";
import { MalformedMessage, MessageTooLarge, type MethodCodec } from "../proto/index.ts";
import { encodeHeader } from "./header.ts";
import { decodeFailure, statusCodeOf } from "./status-details.ts";
import type { CallRequest } from "./transport.ts";
import { type OutgoingCall, type Send, WireFailure } from "./wire.ts";

/**
 * The calling side of a call that is carried as bytes.
 * @throws DeclaredError | StatusError and nothing else
 */
export async function ask(
  codec: MethodCodec,
  request: CallRequest,
  address: string,
  signal: AbortSignal,
  send: Send,
  tokens: CallTokens,
): Promise<unknown> {
  const { header, member } = request;
  if (signal.aborted) throw interrupted(signal, member);
  if (header.deadlineAt <= Date.now()) throw deadlineExceeded(member);
  const call = outgoing(codec, request, signal, tokens);
  let reply: Uint8Array;
  try {
    reply = await send(call);
  } catch (error) {
    throw signal.aborted ? interrupted(signal, member) : received(error, codec, address);
  }
  try {
    return codec.response.decode(reply);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw StatusError.from(error);
    const text = `the reply of ${member} from ${address} is not what its contract says: ${error.message}`;
    throw new StatusError("INTERNAL", text, { cause: error });
  }
}

/** A call as it goes on the wire. @throws StatusError for an input that cannot be sent */
export function outgoing(
  codec: MethodCodec,
  request: CallRequest,
  signal: AbortSignal,
  tokens: CallTokens,
): OutgoingCall {
  const { header, member } = request;
  return {
    path: codec.method.path,
    message: encodeRequest(codec, request),
    // Never what the caller came with: that is for this unit alone.
    metadata: encodeHeader(header, tokens.mint(serviceNameOf(member), header)),
    deadlineAt: header.deadlineAt,
    signal,
  };
}

function encodeRequest(codec: MethodCodec, { input, member }: CallRequest): Buffer {
  try {
    return codec.request.encode(input);
  } catch (error) {
    if (error instanceof MessageTooLarge) {
      throw new StatusError("RESOURCE_EXHAUSTED", `the input of ${member} ${error.message}`);
    }
    const problem = error instanceof MalformedMessage ? error.message : "it does not fit the contract";
    throw new StatusError("INVALID_ARGUMENT", `the input of ${member} cannot be sent: ${problem}`, {
      cause: error,
    });
  }
}

/** Why a call was given up: its signal says so where the deadline was the reason. */
export function interrupted(signal: AbortSignal, member: string): StatusError {
  return signal.reason instanceof StatusError
    ? signal.reason
    : new StatusError("CANCELLED", `the call of ${member} was cancelled; it may still have happened`);
}

/** What a failure on the wire means to who called. */
export function received(error: unknown, codec: MethodCodec, address: string): Error {
  if (!(error instanceof WireFailure)) return StatusError.from(error);
  const { member } = codec.method;
  const told = decodeFailure(error, codec);
  if (told) return told;
  const code = statusCodeOf(error.code);
  switch (code) {
    case "DEADLINE_EXCEEDED":
      return deadlineExceeded(member);
    case "UNAVAILABLE":
      return new StatusError(code, `${address} could not be reached for ${member}: ${error.message}`);
    case "UNAUTHENTICATED":
      // Not the person who asks is refused, but this unit.
      return new StatusError(
        "INTERNAL",
        `${address} does not believe this unit: ${error.message}. KERF_UNIT_SECRET and the clocks of both must be alike`,
      );
    case "UNIMPLEMENTED":
      return new StatusError(code, `${address} answers no ${member}`);
    default:
      return new StatusError(code, `${member} at ${address}: ${error.message}`);
  }
}
