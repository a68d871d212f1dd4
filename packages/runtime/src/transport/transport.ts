import type { Actor, Via } from "kerf";

/** What travels beside the input of a call, on every transport. */
export interface CallHeader {
  /** The id of a command; undefined for a query. */
  readonly id: string | undefined;
  /** Date.now() milliseconds; it travels as remaining time. */
  readonly deadlineAt: number;
  /** The calling service; undefined at the gateway. */
  readonly caller: string | undefined;
  readonly actor: Actor | undefined;
  readonly via: Via;
  /** W3C trace context, `00-<trace>-<span>-<flags>`. */
  readonly traceparent: string;
  /** W3C baggage of the work that calls, as {@link baggageOf} let it in. Metadata `baggage`. */
  readonly baggage?: string | undefined;
  /** True when this is a repetition: it is then not repeated further down. */
  readonly retry: boolean;
  /** Of the input as it was before it was brought to the version of today: a stored order is recorded by it. Never travels. */
  readonly inputHash?: string | undefined;
  /** Which version of released services this request sees: `"catalog=next"`. Metadata `kerf-release`. */
  readonly release?: string | undefined;
  /** Which of them somebody at the edge asked for. Never travels. */
  readonly wish?: string | undefined;
  /** A person calls past the gateway, of which the process was told by whoever runs it. Never travels. */
  readonly byHand?: boolean;
  /** Asks what became of the command with this id, and refuses it from now on where it never came. Metadata `kerf-settle: 1`. */
  readonly settle?: boolean;
}

/** One call: `member` is `"inventory@1.reserve"`, `input` a JSON value. */
export interface CallRequest {
  readonly member: string;
  readonly input: unknown;
  readonly header: CallHeader;
}

/**
 * Runs a call in this process and gives its validated reply. `now` (Date.now() milliseconds) spares it a look at the
 * clock, where the caller has just looked: on a virtual machine that costs as much as checking the input.
 * @throws DeclaredError | StatusError and nothing else
 */
export type Dispatch = (request: CallRequest, signal: AbortSignal, now?: number) => Promise<unknown>;

/**
 * Runs a stream in this process and gives its validated answers, each when it is asked for. Leaving the iteration ends it.
 * @throws StatusError at once where it cannot begin; the iteration throws DeclaredError | StatusError and nothing else
 */
export type DispatchStream = (request: CallRequest, reader: AbortSignal) => AsyncIterableIterator<unknown>;

/** Carries one call to a unit and brings its reply. `address` is `"host:port"`. */
export interface Transport {
  /** @throws DeclaredError | StatusError (UNAVAILABLE where nothing was reached, DEADLINE_EXCEEDED, CANCELLED) */
  call(address: string, request: CallRequest, signal: AbortSignal): Promise<unknown>;
  /**
   * Carries a stream, at the pace of its reader. Absent where the transport has none.
   * @throws DeclaredError | StatusError in the iteration
   */
  watch?(address: string, request: CallRequest, reader: AbortSignal): AsyncIterable<unknown>;
  close(): Promise<void>;
}

/** The receiving side of a transport. */
export interface TransportServer {
  /** `"host:port"` that it listens on. */
  readonly address: string;
  /** Refuses new calls, waits for those in flight up to `graceMs`, then closes. */
  drain(graceMs: number): Promise<void>;
}
