import { serviceNameOf, StatusError, type AnyStream } from "kerf";
import type { Clock } from "../clock/clock.ts";
import { misfit } from "../call/dispatch.ts";
import type { CallRequest, DispatchStream, Transport } from "../transport/transport.ts";
import type { Validator } from "../validate/index.ts";

export interface StreamRouterParts {
  /** The services of this process. */
  readonly here: ReadonlySet<string>;
  readonly addressOf: (service: string) => Promise<string>;
  readonly dispatch: DispatchStream;
  readonly transport: Pick<Transport, "watch">;
  readonly clock: Clock;
  readonly inputValidator: (member: AnyStream) => Validator;
  /** Checks each answer of another unit by this unit's own contract. */
  readonly replyValidator: (member: AnyStream) => Validator;
}

/** How often a stream is asked for that has not begun, and the pause between. */
const tries = 3;
const pauseMs = 100;

/** The sending side of every stream. The iteration throws DeclaredError | StatusError and nothing else. */
export type WatchStream = (
  member: AnyStream,
  request: CallRequest,
  reader: AbortSignal,
) => AsyncIterable<unknown>;

/** To a service of this process directly, to another unit over the transport. */
export function streamRouter(parts: StreamRouterParts): WatchStream {
  return (member, request, reader) => {
    if (!parts.here.has(serviceNameOf(member.id))) return remote(parts, member, request, reader);
    return { [Symbol.asyncIterator]: () => beginHere(parts, request, reader) };
  };
}

function beginHere(
  { dispatch }: StreamRouterParts,
  request: CallRequest,
  reader: AbortSignal,
): AsyncIterator<unknown> {
  try {
    return dispatch(request, reader);
  } catch (error) {
    return { next: () => Promise.reject(error as Error) };
  }
}

async function* remote(
  { addressOf, transport, clock, inputValidator, replyValidator }: StreamRouterParts,
  member: AnyStream,
  request: CallRequest,
  reader: AbortSignal,
): AsyncGenerator<unknown> {
  if (!transport.watch) throw new StatusError("UNIMPLEMENTED", "this transport carries no streams");
  // Only checked: defaults are the callee's to apply.
  const checked = inputValidator(member)(request.input);
  if (!checked.ok) throw misfit(member.id, checked.violations);
  const reduce = replyValidator(member);
  for (let attempt = 1; ; attempt++) {
    let begun = false;
    try {
      const address = await addressOf(serviceNameOf(member.id));
      for await (const answer of transport.watch(address, request, reader)) {
        begun = true;
        yield reduced(answer, reduce, member);
      }
      return;
    } catch (error) {
      const again = !begun && attempt < tries && !request.header.retry && !reader.aborted;
      if (!again || !(error instanceof StatusError) || error.code !== "UNAVAILABLE") throw error;
      // A unit that ends, or has not started yet: another one answers, or this one soon.
      await clock.sleep(clock.random() * pauseMs * attempt, reader).catch(() => {
        throw error;
      });
    }
  }
}

function reduced(answer: unknown, validate: Validator, member: AnyStream): unknown {
  const checked = validate(answer);
  if (checked.ok) return checked.value;
  const told = checked.violations.map((v) => `${v.path} ${v.message}`.trim()).join("; ");
  throw new StatusError(
    "INTERNAL",
    `an answer of ${member.id} does not fit the contract that this unit was built with: ${told}`,
  );
}
