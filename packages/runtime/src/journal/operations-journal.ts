import type { Run } from "../data/transaction.ts";
import type { OutboxMessage, SagaError, SagaState, StepState } from "./journal.ts";

/** Who does something to a dead letter or a saga, and why. */
export interface By {
  readonly who: string;
  readonly why: string | undefined;
}

/** Something that a person did. */
export interface Action extends By {
  /** ISO 8601, as all times here. */
  readonly at: string;
  readonly what: "replay" | "drop" | "retry" | "give up" | "publish";
  /** The channel of a message, or the name of a saga. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Dead letters that failed alike. */
export interface DeadLetterGroup {
  /** 8 hexadecimal digits. */
  readonly cause: string;
  /** The event or command: `orders@1.placed`. */
  readonly type: string;
  readonly messages: number;
  readonly keys: number;
  /** Of `messages`: those whose replay was asked for, and that wait for their turn. */
  readonly replaying: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Of the latest. */
  readonly error: string;
}

export interface DeadLetter {
  readonly id: string;
  readonly channel: string;
  readonly key: string;
  readonly type: string;
  readonly cause: string;
  /** `waiting` where it was replayed and is tried. */
  readonly state: "dead" | "waiting" | "dropped";
  readonly attempts: number;
  /** The last one. */
  readonly error: string;
  readonly firstFailedAt: string;
  /** When it was given up on, or dropped. */
  readonly deadAt: string | null;
  /** When its turn comes, where its replay was asked for. */
  readonly replayAt: string | null;
  /** The message as JSON text: headers and data. */
  readonly body: string;
}

/** Which dead letters: one by its id and channel, those of a cause, or all. */
export interface LetterChoice {
  readonly channel?: string | undefined;
  readonly id?: string | undefined;
  readonly cause?: string | undefined;
}

export interface SagaSummary {
  readonly name: string;
  readonly id: string;
  readonly version: number;
  readonly state: SagaState;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly parkedAt: string | null;
  /** Why it is parked. */
  readonly parkedReason: string | null;
  /** Why it is, or was, undone. */
  readonly error: SagaError | null;
  /** The step that is tried, or taken back, for longest. */
  readonly step: string | null;
  readonly stuck: boolean;
}

export interface SagaStep {
  readonly name: string;
  /** The member, or `$sleep`, `$now`, `$uuid`, `$random`. */
  readonly member: string;
  readonly state: StepState;
  readonly input: unknown;
  /** Of one that is not `failed`. */
  readonly output: unknown;
  /** Of one that is. */
  readonly error: SagaError | null;
  readonly startedAt: string;
  /** When its outcome was recorded. */
  readonly endedAt: string | null;
  /** When it was taken back, or that began. */
  readonly undoAt: string | null;
}

export interface SagaDetail extends SagaSummary {
  /** What a retry goes on from, where it is parked. */
  readonly parkedFrom: "running" | "undoing" | null;
  readonly input: unknown;
  readonly actor: unknown;
  readonly traceparent: string;
  /** Of the process that runs it. */
  readonly worker: string | null;
  readonly nextAt: string;
  /** Events that came for it. */
  readonly mail: readonly { readonly event: string; readonly at: string; readonly data: unknown }[];
  readonly steps: readonly SagaStep[];
}

export interface SagaChoice {
  readonly state?: SagaState | "stuck" | undefined;
  readonly name?: string | undefined;
  readonly limit: number;
}

/** Where a process of a service was seen. */
export interface Replica {
  readonly replica: string;
  readonly worker: string;
  /** It sends the service's messages. */
  readonly relay: boolean;
}

/**
 * What people see of the records of a service, and do to them. Each operation runs inside a given transaction; those
 * that change something record who did it. `false`, or none, where what they are for is not there any more.
 */
export interface OperationsJournal {
  /** Whether the tables that this reads are there: an application that never ran, or an older one, has none. */
  ready(run: Run): Promise<boolean>;
  readGroups(run: Run): Promise<readonly DeadLetterGroup[]>;
  /** Oldest first. */
  readLetters(run: Run, which: LetterChoice, limit: number): Promise<readonly DeadLetter[]>;
  /** With this id, in whatever state: of several channels where it is not said which. */
  findLetters(run: Run, id: string, channel?: string): Promise<readonly DeadLetter[]>;
  /**
   * Lets dead letters take their turn: one at once, several one after the other, `perSecond`, oldest first, behind those
   * of an earlier replay. Gives how many, and when the last one's turn is.
   */
  replayLetters(
    run: Run,
    which: LetterChoice,
    perSecond: number,
    by: By,
  ): Promise<{ readonly messages: number; readonly lastAt: string | null }>;
  /** Gives them up for good: they are not carried out, however often they come again. They can be seen for the retention. */
  dropLetters(run: Run, which: LetterChoice, by: By): Promise<number>;
  /** By name of the saga and state. */
  countSagas(run: Run): Promise<readonly { name: string; state: SagaState; sagas: number; stuck: number }[]>;
  /** Those that are parked first, then the latest. */
  readSagas(run: Run, which: SagaChoice): Promise<readonly SagaSummary[]>;
  /** With this id: several where several kinds of saga have one. */
  findSagas(run: Run, id: string, name?: string): Promise<readonly SagaDetail[]>;
  /** Lets a parked saga go on where it stopped, with all its time again for what it was at. */
  retrySaga(run: Run, name: string, id: string, by: By): Promise<boolean>;
  /** Ends a parked saga as it is. What is done, and what is unknown, is recorded with the reason. */
  abandonSaga(run: Run, name: string, id: string, by: By): Promise<boolean>;
  /** What was done to a message or saga, oldest first; also where it is gone meanwhile. */
  readActions(run: Run, id: string, subject?: string): Promise<readonly Action[]>;
  /** Puts messages that a person states into the outbox. The record is of the first of them. */
  publish(run: Run, messages: readonly OutboxMessage[], type: string, by: By): Promise<void>;
  readReplicas(run: Run): Promise<readonly Replica[]>;
}
