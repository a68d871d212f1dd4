/** One fact or order on its way. `body` is the JSON envelope, opaque here. */
export interface Message {
  /** A contract with its version: `orders@1` for events, `orders@1!commands` for orders. */
  readonly channel: string;
  /** Messages of one (channel, key) stay in order. */
  readonly key: string;
  /** Names the message for the subscriber's inbox: a message published twice keeps its id. */
  readonly id: string;
  readonly body: string;
}

/** A message as a subscriber gets it: offsets grow within a (channel, lane). */
export interface Delivered extends Message {
  readonly lane: number;
  readonly offset: number;
}

/** One subscribing service on one channel: all its units together get each message once, retries aside. */
export interface Group {
  readonly service: string;
  readonly channel: string;
  /** Where a group that is new starts; `now` unless said otherwise. Ignored for a group that exists. */
  readonly from?: "now" | "earliest";
}

/** `fence` is the fencing token of the publisher's lease: a batch with an older one than the newest seen is refused. */
export interface Batch {
  readonly publisher: string;
  readonly fence: number;
  readonly messages: readonly Message[];
}

/** Resolving is the acknowledgement: each message is handled or safely put elsewhere. */
export type Deliver = (messages: readonly Delivered[], signal: AbortSignal) => Promise<void>;

export interface Subscription {
  /** Finishes or hands back what is in flight, then releases its lanes to the other units of the service. */
  stop(): Promise<void>;
}

/**
 * What a group has not acknowledged: how many messages, the age of the oldest that is left, and how many it lost within
 * the time that messages are kept, because it was further behind than that.
 */
export interface Backlog {
  readonly service: string;
  readonly channel: string;
  readonly messages: number;
  readonly oldestMs: number;
  readonly missed: number;
}

/** A part of one lane of a channel's log. */
export interface LaneSpan {
  readonly lane: number;
  /** The offset of the first message since the time that was asked for; `next` where there is none. */
  readonly from: number;
  /** The offset that the lane's next message gets. */
  readonly next: number;
  /** Messages since that time may have been trimmed. Never where everything that is kept was asked for. */
  readonly trimmed: boolean;
}

/**
 * Carries messages from one publisher to every subscribing service, at least once and in order per (channel, key).
 * It replaces the transport only: outbox, inbox and retries stay in each service's own database.
 */
export interface Broker {
  /** Registers groups; repeating it changes nothing. A unit registers those of the whole app before it publishes. */
  register(groups: readonly Group[]): Promise<void>;

  /**
   * Appends a batch, durable when it resolves. A rejection does not mean that it was not appended: publish the same
   * batch again; subscribers see repeats, and the order of the first occurrences stays.
   *
   * @throws StaleFenceError when `fence` is older than the newest seen for `publisher`: nothing was appended.
   */
  publish(batch: Batch): Promise<void>;

  /**
   * Delivers the messages of a group, one lane at a time in order, never two deliveries of one lane at once within
   * this process. When `deliver` rejects, the same messages come again after 100 ms, doubling to 5 s. Its signal is
   * aborted when the lane is lost or the subscription stops: finish soon, or reject to hand back.
   *
   * @throws when this broker already has a subscription of the group.
   */
  subscribe(group: Group, deliver: Deliver): Promise<Subscription>;

  /** Stops all subscriptions and lets go of every resource. */
  close(): Promise<void>;

  /** What is not yet acknowledged, per registered group. */
  backlog?(): Promise<readonly Backlog[]>;

  /** Drops a group with its position; its subscriptions get nothing more. */
  retire?(group: Group): Promise<void>;

  /**
   * Every lane of a channel, since a time of publication: Date.now() milliseconds, or 0 for everything that is kept.
   * Only a broker that keeps what was delivered has `spans` and `read`.
   */
  spans?(channel: string, sinceMs: number): Promise<readonly LaneSpan[]>;

  /** Messages of a lane from `offset` on, in order. Moves no group. The first is a later one where it was trimmed. */
  read?(channel: string, lane: number, offset: number, limit: number): Promise<readonly Delivered[]>;

  /** Nudges whoever listens to `topic`, in any process. Best effort: a nudge may be lost, so keep a poll. */
  wake?(topic: string): void;

  /** Calls `listener` after each `wake(topic)`, and whenever one may have been missed. Returns its disposer. */
  onWake?(topic: string, listener: () => void): () => void;
}

/** A newer owner of the publisher's lease has published: this one must stop, for its work is not its own any more. */
export class StaleFenceError extends Error {
  override readonly name = "StaleFenceError";
  readonly code = "STALE_FENCE";
  readonly publisher: string;
  readonly fence: number;

  constructor(publisher: string, fence: number) {
    super(
      `Nothing was published: fence ${fence} of publisher "${publisher}" is older than the newest one that the broker has seen. ` +
        `Another process owns its lease now; stop publishing and take the lease again.`,
    );
    this.publisher = publisher;
    this.fence = fence;
  }
}

/**
 * Something that people must see.
 * - `TRIMMED`: a group was further behind than the log is kept; it lost `missed` messages and goes on from the oldest left.
 * - `DELIVERY_FAILED`: `deliver` rejected; reported at the first try of a series, the broker keeps trying.
 * - `LANE_LOST`: another unit took a lane over while this one was working on it; what it had is dropped here.
 * - `UNREACHABLE`: the broker's server does not answer; reported once until it does.
 */
export interface BrokerProblem {
  readonly code: "TRIMMED" | "DELIVERY_FAILED" | "LANE_LOST" | "UNREACHABLE";
  readonly message: string;
  readonly service?: string;
  readonly channel?: string;
  readonly lane?: number;
  readonly missed?: number;
  readonly cause?: unknown;
}

export type OnProblem = (problem: BrokerProblem) => void;

/** Where problems go unless the composition root listens: never nowhere. */
export const warnOfProblem: OnProblem = (problem) => {
  process.emitWarning(problem.message, { type: "BrokerProblem", code: problem.code });
};
