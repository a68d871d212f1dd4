import type { Run } from "../data/transaction.ts";
import type { Retention } from "./retention.ts";

/** What became of a command: `open` within its transaction, `intent` between the two phases, `refused` when it was taken back before it came. */
export type CommandState = "open" | "intent" | "ok" | "failed" | "refused";

export interface CommandKey {
  readonly member: string;
  /** The principal at the edge, the calling service inside. */
  readonly scope: string;
  readonly id: string;
}

export interface CommandRecord {
  readonly inputHash: string;
  readonly state: CommandState;
  /** The reply, or `{ code, data }` of a declared error. */
  readonly outcome: unknown;
}

export interface CommandJournal {
  /** Inserts the record. Rejects as `unique` where it exists; waits for a transaction that is undecided about it. */
  openCommand(
    run: Run,
    key: CommandKey,
    inputHash: string,
    state: CommandState,
    bySaga: boolean,
  ): Promise<unknown>;
  /** Stores the outcome. False where the record is already closed. */
  closeCommand(run: Run, key: CommandKey, state: CommandState, outcome: unknown): Promise<boolean>;
  /** `lock` holds it until the transaction ends. */
  readCommand(run: Run, key: CommandKey, lock?: boolean): Promise<CommandRecord | undefined>;
}

export interface OutboxMessage {
  readonly channel: string;
  readonly key: string;
  readonly id: string;
  /** The envelope as JSON, without its sequence. */
  readonly body: string;
}

export interface UnsentMessage extends OutboxMessage {
  /** Follows commit order within a key: also the envelope's `sequence`. */
  readonly sequence: number;
}

export interface OutboxJournal {
  /** Locks the lanes of the keys in ascending order and then inserts, so that ids follow commit order. Last before COMMIT. */
  appendOutbox(run: Run, messages: readonly OutboxMessage[]): Promise<unknown>;
  readOutbox(run: Run, limit: number): Promise<readonly UnsentMessage[]>;
  deleteOutbox(run: Run, sequences: readonly number[]): Promise<unknown>;
}

/** A message that waits in the subscriber's database, or was given up on. */
export interface ParkedMessage extends OutboxMessage {
  readonly parkedId: number;
  /** 0 for one that only waits behind another of its key. */
  readonly attempts: number;
  /** Since its first failure; 0 where it has not failed yet. */
  readonly failingForMs: number;
}

export interface InboxJournal {
  /** Inserts the record of a handled message. Rejects as `unique` where it was handled before. */
  openInbox(run: Run, consumer: string, messageId: string): Promise<unknown>;
  /**
   * The same for a reaction that a replay may build anew: the record is that of the generation that is live, which does
   * not change before this transaction ends.
   */
  openReplayable(run: Run, consumer: string, messageId: string): Promise<unknown>;
  /** The keys of a channel behind which later messages must queue. */
  blockedKeys(run: Run, channel: string): Promise<ReadonlySet<string>>;
  /** Which of these messages were put aside before: they wait here, or are dead letters, or were dropped. */
  parkedIds(run: Run, channel: string, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** `firstFailed` tells whether the first of them has failed, or all only wait behind an earlier one. */
  park(
    run: Run,
    messages: readonly OutboxMessage[],
    error: string,
    nextInMs: number,
    firstFailed: boolean,
  ): Promise<unknown>;
  /**
   * Takes the first message of each key whose time has come, and hides it for `hideMs`. Dead letters that a person
   * replays and whose turn has come first wait again, behind what waits of their key; they keep their attempts and the
   * time of their first failure, so that one more failure gives up on them. Where `worker` dies they are shown at once.
   */
  claimParked(run: Run, worker: string, limit: number, hideMs: number): Promise<readonly ParkedMessage[]>;
  /** Shows it again at once: it was claimed, and then not tried. Nothing happens where another than `worker` has it now. */
  unclaimParked(run: Run, worker: string, parkedId: number): Promise<unknown>;
  /**
   * Removes it once handled. In the transaction that handles it, which fails where another than `worker` has it now: that
   * one may have given up on it, and the key gone on.
   */
  unpark(run: Run, worker: string, parkedId: number): Promise<unknown>;
  /** Nothing happens where another than `worker` has it now. */
  postpone(run: Run, worker: string, parkedId: number, error: string, nextInMs: number): Promise<unknown>;
  /**
   * Gives up on it: a dead letter, kept with its reason. `cause` groups those that failed alike. Nothing happens where
   * another than `worker` has it now.
   */
  bury(run: Run, worker: string, parkedId: number, error: string, cause: string): Promise<unknown>;
}

/** `abandoned`: a person gave up on it while it was parked. */
export type SagaState = "running" | "undoing" | "done" | "refused" | "parked" | "abandoned";

export interface NewSaga {
  readonly name: string;
  readonly id: string;
  readonly version: number;
  readonly input: unknown;
  readonly inputHash: string;
  readonly actor: unknown;
  readonly traceparent: string;
  readonly baggage?: string | undefined;
}

export interface SagaRecord extends NewSaga {
  readonly state: SagaState;
  /** Why it is undone or refused. */
  readonly error: SagaError | undefined;
}

/** A declared error has `member` and `data`; a status error has neither. */
export interface SagaError {
  readonly code: string;
  readonly message: string;
  readonly member?: string;
  readonly data?: unknown;
}

export type StepState = "started" | "done" | "failed" | "undoing" | "undone";

export interface StepRecord {
  readonly position: number;
  readonly name: string;
  /** The member, or `$sleep`, `$now`, `$uuid`, `$random`, `$wait`. */
  readonly member: string;
  readonly inputHash: string;
  readonly commandId: string;
  readonly state: StepState;
  /** What the member was given; null where it takes nothing. For people: nothing is decided by it. */
  readonly input?: unknown;
  /** The reply, or the {@link SagaError} of a failed one. */
  readonly output: unknown;
  /**
   * How often a declared error left the saga parked: of its undo, or of a step that can only go forward. The next try
   * has another id, since the refusal of this one is recorded; nothing came of it, so nothing happens twice.
   */
  readonly refusals?: number;
  /** Date.now() milliseconds when its state was recorded; by the database's clock once it is read again. */
  readonly at: number;
}

/** `due`: it left memory, and is to go on at once. */
export type SagaWritten = "lost" | "kept" | "due";

/** Names a saga among those of a service. */
export function sagaKey(saga: { readonly name: string; readonly id: string }): string {
  return `${saga.name} ${saga.id}`;
}

export interface SagaProgress {
  readonly state: SagaState;
  /**
   * False lets the commit not wait for the disk: where the server crashes within the next moments, the saga resumes from
   * an older record, and repeats calls whose ids the callees know. What would come out differently must be durable.
   */
  readonly durable: boolean;
  readonly error?: SagaError | undefined;
  /** With the state `parked`: why, and the state that a retry goes on from. The error stays what it was. */
  readonly parked?: { readonly reason: string; readonly from: "running" | "undoing" };
  /** When to go on; keeps the saga in this worker's memory where absent. */
  readonly resumeInMs?: number;
  /** With `resumeInMs`: how much mail it has looked at. Where more came meanwhile it goes on at once. */
  readonly seenMail?: number;
}

export interface Mailbox {
  readonly items: readonly MailItem[];
  readonly seen: number;
}

export interface MailItem {
  readonly event: string;
  readonly messageId: string;
  /** Of the event when it was kept; 1 where absent. */
  readonly version?: number;
  readonly data: unknown;
}

/** Sagas of one version that run, are being undone, or are parked. */
export interface LiveSagas {
  readonly name: string;
  readonly version: number;
  readonly instances: number;
}

export interface Claimable {
  readonly limit: number;
  /** As {@link sagaKey} gives. */
  readonly inMemory: readonly string[];
  /** A replica of an older deployment leaves alone what it does not know: a newer version, another name. */
  readonly known: readonly { readonly name: string; readonly version: number }[];
}

export interface SagaJournal {
  /** Inserts those that are new, owned by `worker`, and gives them. Rejects (FAILED_PRECONDITION) where one exists with another input. */
  openSagas(run: Run, worker: string | undefined, sagas: readonly NewSaga[]): Promise<readonly NewSaga[]>;
  /** Takes sagas that are due and have no living owner, or are `worker`'s but not in its memory. */
  claimSagas(run: Run, worker: string, which: Claimable): Promise<readonly SagaRecord[]>;
  readSaga(run: Run, saga: string, id: string): Promise<SagaRecord | undefined>;
  readSteps(run: Run, saga: string, id: string): Promise<readonly StepRecord[]>;
  /** Records steps and progress at once. `lost` where `worker` does not own the saga any more: then nothing is written. */
  recordSaga(
    run: Run,
    worker: string,
    saga: string,
    id: string,
    steps: readonly StepRecord[],
    progress: SagaProgress,
  ): Promise<SagaWritten>;
  /** Keeps an event for a saga that runs, or is parked: a retry may wait for it. */
  deliverMail(run: Run, saga: string, id: string, mail: MailItem): Promise<unknown>;
  readMail(run: Run, saga: string, id: string): Promise<Mailbox>;
  /** Which versions of which sagas the deployment must still know. */
  liveSagas(run: Run): Promise<readonly LiveSagas[]>;
}

/** One time of a schedule. */
export interface Slot {
  readonly name: string;
  /** Microseconds since 1970: names the slot. */
  readonly at: number;
}

/** What there is to do for a service, as one statement tells. */
export interface Tick {
  /** The fence of the relay's lease, where this worker holds it. */
  readonly relayFence: number | undefined;
  readonly unsent: boolean;
  readonly parkedDue: boolean;
  readonly sagasDue: boolean;
  /**
   * How many sagas this worker owns. More than it has in its memory: the commit that made one its own did not tell, or
   * the server crashed and forgot that one had left.
   */
  readonly ownSagas: number;
  readonly slotsDue: readonly Slot[];
  /** Until the next retry, saga or slot is due; undefined where none is. */
  readonly nextInMs: number | undefined;
}

export interface WorkerJournal {
  /** Beats the heart of this worker, buries those that are dead, takes the relay's lease where it is free, and looks for work. */
  tick(run: Run, worker: string, replica: string, leaseMs: number): Promise<Tick>;
  /** Gives everything back. */
  releaseWorker(run: Run, worker: string): Promise<unknown>;
  /** Makes known to other replicas which types of message this worker handles. */
  declareHears(run: Run, worker: string, types: readonly string[]): Promise<unknown>;
  /** What other living workers handle: a type that this one does not know may be theirs. */
  heardByOthers(run: Run, worker: string): Promise<ReadonlySet<string>>;
  /** Makes the schedules known. */
  declareSlots(
    run: Run,
    slots: readonly { readonly name: string; readonly everyMs: number }[],
  ): Promise<unknown>;
  /** Locks a slot and sets the schedule's next time. False where another has it or had it. */
  openSlot(run: Run, slot: Slot): Promise<boolean>;
  /** Deletes at most `limit` rows of each kind that nobody can ask for any more; false where more are left. */
  trim(run: Run, limit: number, retention: Retention): Promise<boolean>;
  /** Counts of what is unfinished. */
  backlog(run: Run): Promise<Backlog>;
}

/** Counts stop at 100,000. */
export interface Backlog {
  readonly outbox: number;
  /** Age of the oldest message that is not yet sent; 0 where there is none. */
  readonly oldestUnsentMs: number;
  readonly retries: number;
  readonly deadLetters: number;
  /** Running or being undone. */
  readonly sagas: number;
  readonly parkedSagas: number;
  /** Of `sagas`: a step is tried in vain for 10 minutes, or nobody takes it up 5 minutes after it was due. */
  readonly stuckSagas: number;
  /** Events that came for live sagas. */
  readonly mail: number;
}

/** The records that make a service's promises true, each operation inside a given transaction. */
export interface Journal extends CommandJournal, OutboxJournal, InboxJournal, SagaJournal, WorkerJournal {}
