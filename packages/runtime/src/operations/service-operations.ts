import type { Database, Run } from "../data/transaction.ts";
import type { Backlog, Journal, LiveSagas } from "../journal/journal.ts";
import type {
  Action,
  By,
  DeadLetter,
  DeadLetterGroup,
  LetterChoice,
  OperationsJournal,
  Replica,
  SagaChoice,
  SagaDetail,
  SagaSummary,
} from "../journal/operations-journal.ts";
import type { StatedByHand } from "./by-hand.ts";

export type PublishedByHand = Pick<StatedByHand, "id" | "key" | "traceId">;

/** How long a statement for people may take. */
const patienceMs = 30_000;
/** Turns of replayed letters in a second, where nobody says otherwise. */
export const defaultRate = 10;

export interface ServiceOperationsOptions {
  readonly service: string;
  readonly database: Database;
  readonly journal: OperationsJournal & Pick<Journal, "backlog" | "liveSagas">;
  /** Tells the processes of the service that there is something to do. Best effort: they look by themselves soon. */
  readonly wake: () => void;
}

/** What people see of one service and do to it: for the command line and for pages. */
export class ServiceOperations {
  readonly service: string;
  readonly #options: ServiceOperationsOptions;

  constructor(options: ServiceOperationsOptions) {
    this.service = options.service;
    this.#options = options;
  }

  /** Whether it has ever run, with tables that are new enough. */
  ready(): Promise<boolean> {
    return this.#read((run) => this.#journal.ready(run));
  }

  /** Which versions of which sagas have not ended. */
  liveSagas(): Promise<readonly LiveSagas[]> {
    return this.#read((run) => this.#journal.liveSagas(run));
  }

  /** Dead letters by cause, the most frequent first. */
  deadLetterGroups(): Promise<readonly DeadLetterGroup[]> {
    return this.#read((run) => this.#journal.readGroups(run));
  }

  deadLetters(which: LetterChoice, limit: number): Promise<readonly DeadLetter[]> {
    return this.#read((run) => this.#journal.readLetters(run, which, limit));
  }

  /** Every dead, dropped or replayed letter with this id. One that was handled since is gone; its {@link actions} are not. */
  findLetters(id: string, channel?: string): Promise<readonly DeadLetter[]> {
    return this.#read((run) => this.#journal.findLetters(run, id, channel));
  }

  /**
   * Gives dead letters back to the usual way of delivery: the inbox knows those that were handled, and each queues behind
   * what waits of its key. One that fails again is a dead letter at once. `perSecond` default 10.
   * @throws RangeError where that is not above 0
   */
  async replay(
    which: LetterChoice,
    by: By,
    perSecond = defaultRate,
  ): Promise<{ readonly messages: number; readonly lastAt: string | null }> {
    if (!(perSecond > 0))
      throw new RangeError(`Replaying takes a rate above 0 a second; it is ${perSecond}.`);
    const replayed = await this.#write((run) => this.#journal.replayLetters(run, which, perSecond, by));
    if (replayed.messages > 0) this.#options.wake();
    return replayed;
  }

  /** Gives dead letters up for good. @throws RangeError without a reason */
  drop(which: LetterChoice, by: By): Promise<number> {
    requireReason(by);
    return this.#write((run) => this.#journal.dropLetters(run, which, by));
  }

  sagaCounts(): ReturnType<OperationsJournal["countSagas"]> {
    return this.#read((run) => this.#journal.countSagas(run));
  }

  sagas(which: SagaChoice): Promise<readonly SagaSummary[]> {
    return this.#read((run) => this.#journal.readSagas(run, which));
  }

  findSagas(id: string, name?: string): Promise<readonly SagaDetail[]> {
    return this.#read((run) => this.#journal.findSagas(run, id, name));
  }

  /** Lets a parked saga go on where it stopped. False where it is not parked. */
  async retry(name: string, id: string, by: By): Promise<boolean> {
    const done = await this.#write((run) => this.#journal.retrySaga(run, name, id, by));
    if (done) this.#options.wake();
    return done;
  }

  /** Ends a parked saga as it is: steps that are done stay done. False where it is not parked. @throws RangeError without a reason */
  giveUp(name: string, id: string, by: By): Promise<boolean> {
    requireReason(by);
    return this.#write((run) => this.#journal.abandonSaga(run, name, id, by));
  }

  /**
   * Has the service state an event that it did not state by itself. It is delivered as every other.
   * @throws DatabaseError where the service has not run since it could be recorded
   */
  async publish({ id, key, traceId, messages, type }: StatedByHand, by: By): Promise<PublishedByHand> {
    await this.#write((run) => this.#journal.publish(run, messages, type, by));
    this.#options.wake();
    return { id, key, traceId };
  }

  /** What people did to a message or saga; `subject` is its channel or name. */
  actions(id: string, subject?: string): Promise<readonly Action[]> {
    return this.#read((run) => this.#journal.readActions(run, id, subject));
  }

  backlog(): Promise<Backlog> {
    return this.#read((run) => this.#journal.backlog(run));
  }

  replicas(): Promise<readonly Replica[]> {
    return this.#read((run) => this.#journal.readReplicas(run));
  }

  get #journal(): ServiceOperationsOptions["journal"] {
    return this.#options.journal;
  }

  #read<T>(work: (run: Run) => Promise<T>): Promise<T> {
    return this.#transaction(work, true);
  }

  #write<T>(work: (run: Run) => Promise<T>): Promise<T> {
    return this.#transaction(work, false);
  }

  async #transaction<T>(work: (run: Run) => Promise<T>, readOnly: boolean): Promise<T> {
    const tx = this.#options.database.open({ readOnly, deadlineAt: Date.now() + patienceMs });
    try {
      const result = await work(tx.run);
      await tx.commit();
      return result;
    } catch (error) {
      await tx.rollback();
      throw error;
    }
  }
}

function requireReason({ why }: By): void {
  if (!why?.trim()) throw new RangeError("Giving something up takes a reason: somebody will ask for it.");
}
