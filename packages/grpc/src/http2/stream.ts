/** Given to `onGone` instead of an error code when the connection was lost. */
export const CONNECTION_LOST = -1;
/** The same when the peer said by GOAWAY that it never looked at the stream. */
export const NEVER_TAKEN = -2;

/** One HTTP/2 stream: the state that both ends keep, and what happens to it. A call is a subclass. */
export abstract class Stream {
  /** 0 until it is opened. */
  id = 0;
  /** Bytes of DATA that we may send, and that the peer may send. */
  sendWindow = 0;
  receiveWindow = 0;
  /** Bytes received that the peer was not yet given back. */
  unreturned = 0;
  /** We, or the peer, sent END_STREAM. */
  localEnded = false;
  remoteEnded = false;
  /** Ended on both sides, or reset: no longer in the table. */
  closed = false;
  /** DATA that has to wait for the flow control windows or the socket; `parkedAt` of it was sent. */
  parked: Buffer | undefined;
  parkedAt = 0;
  parkedEnds = false;
  /** When some of it last left, as `performance.now()` counts. */
  parkedSince = 0;
  /** When the call is over, as `performance.now()` counts; Infinity without a deadline. */
  expiresAt = Infinity;

  /** A header block of the peer: the first `count` of `fields`, which is used again: what is needed must be copied. */
  abstract onHeaders(fields: readonly string[], count: number, ends: boolean): void;
  /** A payload that is not empty. */
  abstract onData(from: Buffer, start: number, end: number): void;
  /** The peer sent END_STREAM. */
  abstract onEnd(): void;
  /** Everything that was parked has been sent. */
  abstract onUnparked(): void;
  /** The stream is gone without an end: reset with `code`, or the connection was lost. */
  abstract onGone(code: number, reason: string): void;
  abstract onDeadline(): void;

  /** Bytes of whole messages that the application has not read: they are not given back to the peer yet. */
  get unreadBytes(): number {
    return 0;
  }
}
