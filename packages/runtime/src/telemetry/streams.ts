import { serviceNameOf, StatusError } from "kerf";
import type { WatchStream } from "../stream/router.ts";
import type { FindCodec } from "../transport/method-codecs.ts";
import type { DispatchStream } from "../transport/transport.ts";
import { callAttributes, callerOf, edges } from "./calls.ts";
import { failureOf, type Failure } from "./failure.ts";
import type { EdgeStream, SpanType, Telemetry } from "./telemetry.ts";

/** Tells of streams that leave a service or the gateway; those of services `here` stay within the process. */
export function tracedWatch(
  watch: WatchStream,
  telemetry: Telemetry,
  here: ReadonlySet<string>,
  codecOf: FindCodec,
): WatchStream {
  const { enter } = telemetry;
  const edgeOf = edges(telemetry, here, codecOf);
  return (of, request, reader) => ({
    [Symbol.asyncIterator]() {
      const { edge, callee, local } = edgeOf(of, request);
      const { member, input, header } = request;
      const told = edge.watch(header.traceparent);
      const { traceparent } = told;
      const sent = { member, input, header: { ...header, traceparent } };
      const within = enter && local ? enterer(enter, traceparent, callee, header.baggage) : undefined;
      return new ToldStream(told, watch(of, sent, reader)[Symbol.asyncIterator](), within);
    },
  });
}

interface Received {
  readonly member: string;
  readonly caller: string | undefined;
  messages: number;
}

const received: SpanType<Received> = {
  kind: "server",
  lasting: true,
  service: ({ member }) => serviceNameOf(member),
  name: ({ member }) => member,
  attributes: ({ member, caller, messages }) => ({
    ...callAttributes(member, caller, false),
    "kerf.stream.messages": messages,
  }),
};

/** Tells of every stream that another process asks for. */
export function tracedStreams(dispatch: DispatchStream, telemetry: Telemetry): DispatchStream {
  const { enter } = telemetry;
  return (request, reader) => {
    const { member, input, header } = request;
    const about: Received = { member, caller: callerOf(header), messages: 0 };
    const span = telemetry.begin(received, about, header.traceparent);
    const { traceparent } = span;
    const told: EdgeStream = {
      traceparent,
      answered: () => void about.messages++,
      ended: (failure) => span.end(failure),
    };
    try {
      const answers = dispatch({ member, input, header: { ...header, traceparent } }, reader);
      const within = enter && enterer(enter, traceparent, serviceNameOf(member), header.baggage);
      return new ToldStream(told, answers, within);
    } catch (error) {
      span.end(failureOf(error));
      throw error;
    }
  };
}

type Within = <T>(work: () => T) => T;

function enterer(
  enter: NonNullable<Telemetry["enter"]>,
  traceparent: string,
  service: string,
  baggage: string | undefined,
): Within {
  return (work) => enter(traceparent, service, work, baggage);
}

/** Answers as they pass by. Whoever stops reading ends it, which is no failure. */
class ToldStream implements AsyncIterableIterator<unknown> {
  readonly #told: EdgeStream;
  readonly #answers: AsyncIterator<unknown>;
  readonly #within: Within | undefined;
  #begun = false;
  #over = false;

  constructor(told: EdgeStream, answers: AsyncIterator<unknown>, within: Within | undefined) {
    this.#told = told;
    this.#answers = answers;
    this.#within = within;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    const next = (): Promise<IteratorResult<unknown>> => this.#answers.next();
    return (this.#within === undefined ? next() : this.#within(next)).then(this.#answered, this.#failed);
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#end();
    return this.#answers.return?.() ?? Promise.resolve({ done: true, value: undefined });
  }

  readonly #answered = (result: IteratorResult<unknown>): IteratorResult<unknown> => {
    if (result.done) this.#end();
    else {
      this.#begun = true;
      this.#told.answered(result.value);
    }
    return result;
  };

  readonly #failed = (error: unknown): never => {
    this.#end(this.#isRegular(error) ? undefined : failureOf(error));
    throw error;
  };

  /** Streams are not for ever: one that ran its time, or whose unit ends, is asked for again. */
  #isRegular(error: unknown): boolean {
    if (!(error instanceof StatusError)) return false;
    const { code, retryAfterMs } = error;
    return code === "CANCELLED" || (this.#begun && code === "UNAVAILABLE" && retryAfterMs !== undefined);
  }

  #end(failure?: Failure): void {
    if (this.#over) return;
    this.#over = true;
    this.#told.ended(failure);
  }
}
