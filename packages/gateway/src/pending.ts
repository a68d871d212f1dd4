import type { Socket } from "node:net";
import { StatusError } from "kerf";

/** How late a deadline may be noticed. */
const TICK_MS = 50;

/**
 * The calls that are under way inside on behalf of requests. Each is given up when its deadline passes or its client's
 * connection closes. All deadlines are equally long, so one timer for the oldest serves all: a timer and a listener for
 * each request would cost more than its routing does.
 */
export interface PendingCalls {
  /**
   * Runs `work` for a client on `socket`, and then calls either `succeed` or `fail`, once. What comes of work that was
   * given up is dropped. `fail` is called with DEADLINE_EXCEEDED, with CANCELLED (the client went away), or with what
   * `work` threw.
   */
  run<T>(
    socket: Socket,
    work: (call: PendingCall) => Promise<T>,
    succeed: (value: T) => void,
    fail: (error: unknown) => void,
  ): void;
  /** How many there are. */
  count(): number;
}

/** Of a connection, its latest call: a WeakMap would take several times as long. */
const latest = Symbol("latest call");

interface Connection extends Socket {
  [latest]?: Call;
}

export interface PendingCall {
  /** Date.now() milliseconds. */
  readonly deadlineAt: number;
  /** Aborts when the call is given up. */
  readonly signal: AbortSignal;
}

export function pendingCalls(deadlineMs: number): PendingCalls {
  /** The ring's fixed point: after it comes the call with the earliest deadline. */
  const tally = { pending: 0 };
  const ring = new Call(Infinity, ignore, tally);
  let timer: NodeJS.Timeout | undefined;

  function expire(): void {
    timer = undefined;
    const now = Date.now();
    while (ring.next.deadlineAt <= now) {
      ring.next.giveUp(new StatusError("DEADLINE_EXCEEDED", `no answer within ${deadlineMs} ms`));
    }
    if (ring.next !== ring) arm();
  }
  function arm(): void {
    timer = setTimeout(expire, Math.min(TICK_MS, deadlineMs));
  }
  function onClose(this: Connection): void {
    const error = new StatusError("CANCELLED", "the client went away");
    for (let call = this[latest]; call !== undefined; call = call.earlier) call.giveUp(error);
  }
  function begin(socket: Connection, fail: (error: unknown) => void): Call {
    const call = new Call(Date.now() + deadlineMs, fail, tally);
    call.putBefore(ring);
    let earlier = socket[latest];
    if (earlier === undefined) socket.once("close", onClose);
    while (earlier !== undefined && !earlier.pending) earlier = earlier.earlier;
    call.earlier = earlier;
    socket[latest] = call;
    if (timer === undefined) arm();
    return call;
  }

  return {
    run(socket, work, succeed, fail) {
      const call = begin(socket, fail);
      try {
        work(call).then(
          (value) => call.end() && attempt(succeed, value, fail),
          (error) => call.end() && fail(error),
        );
      } catch (error) {
        if (call.end()) fail(error);
      }
    },
    count: () => tally.pending,
  };
}

function attempt<T>(succeed: (value: T) => void, value: T, fail: (error: unknown) => void): void {
  try {
    succeed(value);
  } catch (error) {
    fail(error);
  }
}

function ignore(): void {}

/** A member of a ring in the order of deadlines, linked by itself: a Set would cost several times as much. */
class Call implements PendingCall {
  readonly deadlineAt: number;
  next: Call = this;
  previous: Call = this;
  /** The call before it on the same connection, where requests are pipelined. */
  earlier: Call | undefined = undefined;
  private fail: (error: unknown) => void;
  private controller: AbortController | undefined = undefined;
  private readonly tally: { pending: number };

  constructor(deadlineAt: number, fail: (error: unknown) => void, tally: { pending: number }) {
    this.deadlineAt = deadlineAt;
    this.fail = fail;
    this.tally = tally;
  }

  get signal(): AbortSignal {
    return (this.controller ??= new AbortController()).signal;
  }

  putBefore(other: Call): void {
    this.next = other;
    this.previous = other.previous;
    other.previous.next = this;
    other.previous = this;
    this.tally.pending += 1;
  }

  /** @returns false where it had ended, or was given up, before */
  end(): boolean {
    if (!this.pending) return false;
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
    this.tally.pending -= 1;
    // Its connection remembers it until the next one: not its request, too.
    this.fail = ignore;
    return true;
  }

  giveUp(error: StatusError): void {
    const { fail } = this;
    if (!this.end()) return;
    this.controller?.abort(error);
    fail(error);
  }

  get pending(): boolean {
    return this.next !== this;
  }
}
