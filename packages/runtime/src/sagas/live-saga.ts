import type { AnyCommand, AnyQuery, SagaFacts } from "kerf";
import type { SagaRecord, StepRecord } from "../journal/journal.ts";
import type { ServicePort } from "../service/port.ts";
import type { Recorder } from "./recorder.ts";
import type { SagaSpans } from "./spans.ts";
import type { SagaLimits } from "./step-policy.ts";

export interface SagaParts {
  readonly port: ServicePort;
  readonly facts: SagaFacts;
  readonly worker: string;
  readonly limits: SagaLimits;
  /** Aborted when the unit drains: the saga stops at its next step. */
  readonly draining: AbortSignal;
  /** Says that this service has something to do in so many milliseconds. */
  readonly due: (inMs: number) => void;
}

/** How a call of a saga is tried. */
export interface Attempt {
  /** Of a command. */
  readonly id: string | undefined;
  /** Date.now() milliseconds from which `limitMs` count. */
  readonly since: number;
  readonly limitMs: number;
  readonly settle?: boolean;
  /** Of the step that it is for. */
  readonly traceparent: string;
  /** Called before each further try. */
  readonly onRetry?: () => void;
}

/** How to take a step back. */
export interface Undo {
  readonly member: AnyCommand;
  readonly input: unknown;
  readonly undo: AnyCommand;
  readonly undoInput: unknown;
}

/** A saga at work, as its steps, waits and undoing see it. */
export interface LiveSaga {
  readonly record: SagaRecord;
  readonly recorder: Recorder;
  readonly spans: SagaSpans;
  readonly parts: SagaParts;
  readonly undos: Map<string, Undo>;
  /** The step that would need an `undo` if another followed. */
  unguarded: string | undefined;
  /** After a final step nothing can be undone. */
  forwardOnly: boolean;
  /** Before the names of steps of `refused`. */
  readonly prefix: string;
  /** It has failed, and is only finishing what is under way. */
  readonly failing: boolean;
  /**
   * What is recorded under this name; `names` are those of the member, in records of earlier versions too.
   * @throws Stopped where it is not what the code now does
   */
  recall(name: string, member: string, inputHash: string, names?: readonly string[]): StepRecord | undefined;
  /** One call, tried again until it has an outcome or its time is over. */
  attempt(member: AnyQuery | AnyCommand, input: unknown, how: Attempt): Promise<unknown>;
  /** Waits here, or leaves memory where that would be long. With `seenMail` it may return early, to look for more. */
  pause(ms: number, seenMail?: number): Promise<void>;
}
