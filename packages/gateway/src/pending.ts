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
}

export interface PendingCall {
  /** Date.now() milliseconds. */
  readonly deadlineAt: number;
  /** Aborts when the call is given up. */
  readonly signal: AbortSignal;
}

export function pendingCalls(deadlineMs: number): PendingCalls {
  /** In order of their deadlines. */
  const all = new Set<Call>();
  const bySocket = new WeakMap<Socket, Set<Call>>();
  let timer: NodeJS.Timeout | undefined;

  function expire(): void {
    timer = undefined;
    const now = Date.now();
    for (const call of all) {
      if (call.deadlineAt > now) break;
      call.giveUp(new StatusError("DEADLINE_EXCEEDED", `no answer within ${deadlineMs} ms`));
    }
    if (all.size > 0) arm();
  }
  function arm(): void {
    timer = setTimeout(expire, Math.min(TICK_MS, deadlineMs));
  }
  function callsOf(socket: Socket): Set<Call> {
    const known = bySocket.get(socket);
    if (known !== undefined) return known;
    const calls = new Set<Call>();
    bySocket.set(socket, calls);
    socket.once("close", () => {
      for (const call of calls) call.giveUp(new StatusError("CANCELLED", "the client went away"));
    });
    return calls;
  }

  return {
    run(socket, work, succeed, fail) {
      const call = new Call(Date.now() + deadlineMs, fail, all, callsOf(socket));
      if (timer === undefined) arm();
      try {
        work(call).then(
          (value) => call.end() && succeed(value),
          (error) => call.end() && fail(error),
        );
      } catch (error) {
        if (call.end()) fail(error);
      }
    },
  };
}

class Call implements PendingCall {
  readonly deadlineAt: number;
  readonly #controller = new AbortController();
  readonly #onGiveUp: (error: StatusError) => void;
  readonly #all: Set<Call>;
  readonly #ofSocket: Set<Call>;

  constructor(
    deadlineAt: number,
    onGiveUp: (error: StatusError) => void,
    all: Set<Call>,
    ofSocket: Set<Call>,
  ) {
    this.deadlineAt = deadlineAt;
    this.#onGiveUp = onGiveUp;
    this.#all = all;
    this.#ofSocket = ofSocket;
    all.add(this);
    ofSocket.add(this);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @returns false where it was given up before */
  end(): boolean {
    this.#ofSocket.delete(this);
    return this.#all.delete(this);
  }

  giveUp(error: StatusError): void {
    if (!this.end()) return;
    this.#controller.abort(error);
    this.#onGiveUp(error);
  }
}
