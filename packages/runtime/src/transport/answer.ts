import { serviceNameOf, StatusError, statusNumbers } from "kerf";
import { BadCallToken, type Bearer, type CallTokens } from "../authority/call-token.ts";
import { MalformedMessage, MessageTooLarge, type MethodCodec } from "../proto/index.ts";
import { decodeHeader } from "./header.ts";
import { DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS } from "./limits.ts";
import { encodeFailure } from "./status-details.ts";
import type { CallHeader, Dispatch } from "./transport.ts";
import { type IncomingCall, WireFailure } from "./wire.ts";

/** Something that went wrong on the receiving side and is nobody's answer, for the log. */
export type OnProblem = (problem: { readonly member: string; readonly error: unknown }) => void;

/**
 * The receiving side of a call that is carried as bytes.
 * @throws WireFailure and nothing else
 */
export async function answer(
  codec: MethodCodec,
  message: Uint8Array,
  call: IncomingCall,
  dispatch: Dispatch,
  onProblem: OnProblem,
  tokens: CallTokens,
): Promise<Buffer> {
  const { member } = codec.method;
  let output: unknown;
  try {
    const header = headerOf(call, member, tokens);
    const input = decodeInput(codec, message);
    output = await untilAborted(dispatch({ member, input, header }, call.signal), call.signal);
  } catch (error) {
    if (error instanceof WireFailure) throw error;
    throw encodeError(error, codec, onProblem);
  }
  try {
    return codec.response.encode(output);
  } catch (error) {
    const tooLarge = error instanceof MessageTooLarge;
    if (!tooLarge) onProblem({ member, error });
    throw encodeFailure(
      tooLarge
        ? new StatusError("RESOURCE_EXHAUSTED", `the reply of ${member} ${error.message}`)
        : new StatusError("INTERNAL", `the reply of ${member} does not fit its contract`),
      codec,
    );
  }
}

/** What travels beside the input. A caller that set no deadline gets `defaultMs`. @throws WireFailure for a bad token */
export function headerOf(
  call: IncomingCall,
  member: string,
  tokens: CallTokens,
  defaultMs = DEFAULT_TIMEOUT_MS,
): CallHeader {
  const now = Date.now();
  const deadlineAt = Math.min(call.deadlineAt ?? now + defaultMs, now + MAX_TIMEOUT_MS);
  const token = call.metadata("kerf-token");
  return decodeHeader(
    (name) => call.metadata(name),
    deadlineAt,
    token === undefined ? undefined : read(token),
  );

  function read(given: string): Bearer {
    try {
      return tokens.read(given, serviceNameOf(member));
    } catch (error) {
      if (!(error instanceof BadCallToken)) throw error;
      // Without details: it is not the service that says this.
      throw new WireFailure(
        statusNumbers.UNAUTHENTICATED,
        `the token of this call is not accepted: ${error.message}`,
      );
    }
  }
}

export function decodeInput(codec: MethodCodec, message: Uint8Array): unknown {
  try {
    return codec.request.decode(message);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw new StatusError("INVALID_ARGUMENT", `the input of ${codec.method.member}: ${error.message}`);
  }
}

/** The data of an error may itself not fit its schema. */
export function encodeError(error: unknown, codec: MethodCodec, onProblem: OnProblem): WireFailure {
  try {
    return encodeFailure(error, codec);
  } catch (problem) {
    const { member } = codec.method;
    onProblem({ member, error: problem });
    const text = `${member} failed with an error whose data does not fit its contract`;
    return encodeFailure(new StatusError("INTERNAL", text), codec);
  }
}

/** Nobody waits any more once the call is gone; the handler stops by its own signal. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(new WireFailure(statusNumbers.CANCELLED, "the caller went away"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
