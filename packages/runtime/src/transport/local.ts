import { type AnyContract, DeclaredError, StatusError } from "kerf";
import { bounded, deadlineExceeded } from "../call/deadline.ts";
import type { Clock } from "../clock/clock.ts";
import { processClock } from "../clock/process-clock.ts";
import { type ContractLock, MAX_MESSAGE_BYTES, type MessageCodec, MessageTooLarge } from "../proto/index.ts";
import { answer, type OnProblem } from "./answer.ts";
import { ask, interrupted } from "./ask.ts";
import { MAX_ERROR_BYTES } from "./limits.ts";
import { findCodec } from "./method-codecs.ts";
import { errorTooLarge } from "./status-details.ts";
import type { CallRequest, Dispatch, Transport } from "./transport.ts";
import { sizeBound } from "./size-bound.ts";
import type { Send } from "./wire.ts";

export interface LocalTransportOptions {
  /** Sends every call through its protobuf encoding, as if to another process. Needs `contracts`. */
  readonly serialised?: boolean;
  readonly contracts?: readonly AnyContract[];
  readonly lock?: ContractLock;
  readonly clock?: Clock;
}

/**
 * Carries calls within this process. With `contracts` the limit of 4 MB is that of the encoded message, as between
 * processes; without, that of its JSON.
 */
export function localTransport(dispatch: Dispatch, options: LocalTransportOptions = {}): Transport {
  const call = options.serialised ? serialised(dispatch, options) : direct(dispatch, options);
  return { call, close: async () => {} };
}

function serialised(
  dispatch: Dispatch,
  { contracts, lock, clock = processClock }: LocalTransportOptions,
): Transport["call"] {
  if (!contracts) {
    throw new Error("localTransport({ serialised: true }) needs contracts: add those that are called.");
  }
  const codecOf = findCodec(contracts, lock);
  return async (address, request, signal) => {
    const codec = codecOf(request.member);
    const send: Send = ({ message, metadata, deadlineAt, signal: own }) => {
      const call = { metadata: (name: string) => metadata[name], deadlineAt, signal: own };
      const onProblem: OnProblem = ({ error }) => {
        throw error;
      };
      const work = answer(codec, Buffer.from(message), call, dispatch, onProblem, () => true);
      return bounded(clock, work, deadlineAt, request.member);
    };
    return ask(codec, request, address, signal, send, "");
  };
}

function direct(
  dispatch: Dispatch,
  { contracts, lock, clock = processClock }: LocalTransportOptions,
): Transport["call"] {
  const codecOf = contracts && findCodec(contracts, lock);

  const refuseLarge = (value: unknown, what: "input" | "reply", member: string): void => {
    const codec = (): MessageCodec | undefined =>
      codecOf?.(member)[what === "input" ? "request" : "response"];
    if (!isOver(MAX_MESSAGE_BYTES, value, codec)) return;
    throw new StatusError("RESOURCE_EXHAUSTED", `the ${what} of ${member} ${new MessageTooLarge().message}`);
  };

  const known = (error: unknown): Error => {
    if (!(error instanceof DeclaredError)) return StatusError.from(error);
    const { member, code, data } = error;
    const codec = (): MessageCodec | undefined => codecOf?.(member).errors.get(code);
    return isOver(MAX_ERROR_BYTES, data, codec) ? errorTooLarge(member, code) : error;
  };

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

/** Measures exactly only what may be too large. */
function isOver(limit: number, value: unknown, codec: () => MessageCodec | undefined): boolean {
  if (sizeBound(value) <= limit) return false;
  const exact = codec();
  if (!exact) return Buffer.byteLength(JSON.stringify(value)) > limit;
  try {
    return exact.encode(value).length > limit;
  } catch (error) {
    if (error instanceof MessageTooLarge) return true;
    throw error;
  }
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
