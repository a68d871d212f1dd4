import type { Traffic } from "./traffic.ts";

export interface EventsView {
  readonly windowMs: number;
  readonly events: readonly EventFlow[];
  /** By service: what is not sent yet. */
  readonly outboxes: readonly {
    readonly service: string;
    readonly unsent: number;
    readonly oldestMs: number;
  }[];
}

export interface EventFlow {
  /** `"orders@1.placed"`. */
  readonly type: string;
  readonly publisher: string;
  readonly published: Traffic;
  readonly subscribers: readonly {
    readonly service: string;
    readonly delivered: Traffic;
    /** Messages that wait, and the age of the oldest; null where it is not known. */
    readonly lag: number | null;
    readonly oldestMs: number | null;
    readonly deadLetters: number;
  }[];
}
