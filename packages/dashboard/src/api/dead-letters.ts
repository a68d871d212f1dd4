import type { DeadLetter, DeadLetterGroup } from "@kerf/runtime/records";
import type { Reason } from "./sagas.ts";

export interface DeadLetterGroups {
  /** The most frequent first. */
  readonly groups: readonly (DeadLetterGroup & { readonly service: string })[];
}

export interface LetterChoice {
  readonly service: string;
  readonly cause?: string;
  readonly id?: string;
}

export interface DeadLetterView extends Omit<DeadLetter, "body"> {
  readonly service: string;
  /** Headers and `data`. */
  readonly message: { readonly [name: string]: unknown };
  readonly traceId: string | null;
}

export interface DeadLetterList {
  /** Oldest first, at most 1,000. */
  readonly letters: readonly DeadLetterView[];
}

/** Needs a cause or an id. */
export interface ReplayRequest extends LetterChoice, Reason {
  /** Default 10. */
  readonly perSecond?: number;
}

/** Needs a cause or an id, and a reason. */
export interface DropRequest extends LetterChoice {
  readonly reason: string;
}

export interface Done {
  readonly messages: number;
  /** When the last one's turn is. */
  readonly lastAt: string | null;
}
