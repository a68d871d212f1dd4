import { type AnyContract, DeclaredError, StatusError } from "kerf";
import { callTokens } from "../authority/call-token.ts";
import { bounded, deadlineExceeded } from "../call/deadline.ts";
import type { Clock } from "../clock/clock.ts";
import { processClock } from "../clock/process-clock.ts";
import type { ContractLock } from "../proto/index.ts";
import { answer, type OnProblem } from "./answer.ts";
import { ask, interrupted } from "./ask.ts";
import { answerStream } from "./answer-stream.ts";
import { askStream } from "./ask-stream.ts";
import { findCodec } from "./method-codecs.ts";
import type { CallRequest, Dispatch, DispatchStream, Transport } from "./transport.ts";
import { sizeLimits } from "./size-limit.ts";
import type { OpenStream, Send } from "./wire.ts";

export interface LocalTransportOptions {
  /** Sends every call through its protobuf encoding, as if to another process. Needs `contracts`. */
  readonly serialised?: boolean;
  readonly contracts?: readonly AnyContract[];
  readonly lock?: ContractLock;
  readonly clock?: Clock;
  /** Absent where nothing is streamed. */
  readonly streams?: DispatchStream;
}

/**
 * Carries calls within this process. With `contracts` the limit of 4 MB is that of the encoded message, as between
 * processes; without, that of its JSON.
 */
export function localTransport(dispatch: Dispatch, options: LocalTransportOptions = {}): Transport {
  const call = options.serialised ? serialised(dispatch, options) : direct(dispatch, options);
  const { streams } = options;
  if (!streams) return { call, close: async () => {} };
  const watch = options.serialised
    ? serialisedStreams(streams, options)
    : (_address: string, request: CallRequest, reader: AbortSignal) => streams(request, reader);
  return { call, watch, close: async () => {} };
}

function serialisedStreams(
  dispatch: DispatchStream,
  { contracts = [], lock }: LocalTransportOptions,
): NonNullable<Transport["watch"]> {
  const codecOf = findCodec(contracts, lock);
  const tokens = callTokens("", "");
  return (address, request, reader) => {
    const codec = codecOf(request.member);
    const open: OpenStream = ({ message, metadata, deadlineAt, signal }) => {
      const call = { metadata: (name: string) => metadata[name], deadlineAt, signal };
      const onProblem: OnProblem = ({ error }) => {
        throw error;
      };
      return answerStream(codec, once(Buffer.from(message)), call, dispatch, onProblem, tokens);
    };
    return askStream(codec, request, address, reader, open, tokens);
  };
}

async function* once(message: Uint8Array): AsyncGenerator<Uint8Array> {
  yield message;
}

function serialised(
  dispatch: Dispatch,
  { contracts, lock, clock = processClock }: LocalTransportOptions,
): Transport["call"] {
  if (!contracts) {
    throw new Error("localTransport({ serialised: true }) needs contracts: add those that are called.");
  }
  const codecOf = findCodec(contracts, lock);
  const tokens = callTokens("", "");
  return async (address, request, signal) => {
    const codec = codecOf(request.member);
    const send: Send = ({ message, metadata, deadlineAt, signal: own }) => {
      const call = { metadata: (name: string) => metadata[name], deadlineAt, signal: own };
      const onProblem: OnProblem = ({ error }) => {
        throw error;
      };
      const work = answer(codec, Buffer.from(message), call, dispatch, onProblem, tokens);
      return bounded(clock, work, deadlineAt, request.member);
    };
    return ask(codec, request, address, signal, send, tokens);
  };
}

function direct(
  dispatch: Dispatch,
  { contracts, lock, clock = processClock }: LocalTransportOptions,
): Transport["call"] {
  const codecOf = contracts && findCodec(contracts, lock);

  const { refuseLarge, bounded: boundedError } = sizeLimits(codecOf && (() => codecOf));

  const known = (error: unknown): Error =>
    error instanceof DeclaredError ? boundedError(error) : StatusError.from(error);

  return async (_address, request, signal) => {
    const { member, header, input } = request;
    if (signal.aborted) throw interrupted(signal, member);
    if (header.deadlineAt <= clock.now()) throw deadlineExceeded(member);
    refuseLarge(input, "input", member);
    const reply = await withinSignal(clock, dispatch, request, signal).catch((error: unknown) => {
      throw known(error);
    });
    refuseLarge(reply, "reply", member);
    return reply;
  };
}

function withinSignal(
  clock: Clock,
  dispatch: Dispatch,
  request: CallRequest,
  signal: AbortSignal,
): Promise<unknown> {
  const { member, header } = request;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(interrupted(signal, member));
    signal.addEventListener("abort", stop, { once: true });
    bounded(clock, dispatch(request, signal), header.deadlineAt, member)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}
