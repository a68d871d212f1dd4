import { crashAround } from "../crashpoint/crashpoint.ts";
import { DatabaseError } from "../data/errors.ts";
import type { Run } from "../data/transaction.ts";
import type {
  Mailbox,
  SagaError,
  SagaProgress,
  SagaRecord,
  SagaState,
  StepRecord,
} from "../journal/journal.ts";
import type { Clock } from "../clock/clock.ts";
import type { ServicePort, Storage } from "../service/port.ts";
import { persist } from "./persist.ts";
import { maxBytes, maxSteps } from "./step-policy.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Thrown inside a saga's machinery when it must stop here: never seen by `run`. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly reason: "lost" | "suspended" | "parked";

  constructor(reason: "lost" | "suspended" | "parked", message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * A commit that did not wait for the disk is there after so long: three times PostgreSQL's `wal_writer_delay`, which is
 * 10 s at most.
 */
const flushedMs = 30_000;
/** More than this are not held in doubt: the next commit waits for the disk. */
const mostInDoubt = 20;

/** The records of one saga: what is stored, what is yet to be stored with the next commit. */
export class Recorder {
  readonly steps = new Map<string, Mutable<StepRecord>>();
  state: SagaState;
  error: SagaError | undefined;
  readonly #dirty = new Set<StepRecord>();
  /**
   * Steps that a server which crashes now may forget, and when they were stored: a later commit may outlive an earlier one
   * that did not wait for the disk, so it holds them too.
   */
  readonly #inDoubt = new Map<StepRecord, number>();
  readonly #clock: Clock;
  readonly #storage: Storage;
  readonly #worker: string;
  readonly #saga: SagaRecord;
  readonly #draining: AbortSignal;
  #writing: Promise<unknown> = Promise.resolve();
  readonly #bytes = new Map<string, number>();
  #allBytes = 0;

  /** `draining` ends the patience with a database that is away. */
  constructor(
    {
      port,
      worker,
      draining,
    }: { readonly port: ServicePort; readonly worker: string; readonly draining: AbortSignal },
    saga: SagaRecord,
    steps: readonly StepRecord[],
  ) {
    this.#clock = port.clock;
    this.#storage = port.storage!;
    this.#worker = worker;
    this.#draining = draining;
    this.#saga = saga;
    this.state = saga.state;
    this.error = saga.error;
    for (const step of steps) {
      this.steps.set(step.name, { ...step });
      this.#weigh(step);
    }
  }

  get inOrder(): Mutable<StepRecord>[] {
    return [...this.steps.values()].toSorted((a, b) => a.position - b.position);
  }

  /** Adds or changes a step; it is stored with the next {@link commit}. */
  put(step: Omit<StepRecord, "position" | "at"> & { readonly at?: number }): Mutable<StepRecord> {
    const known = this.steps.get(step.name);
    if (!known && this.steps.size >= maxSteps)
      throw new Stopped("parked", `it has more than ${maxSteps} steps`);
    if (this.#weigh(step) > maxBytes)
      throw new Stopped("parked", `what it remembers is larger than ${maxBytes} bytes`);
    const record = known
      ? Object.assign(known, step)
      : { at: this.#clock.now(), ...step, position: this.steps.size };
    this.steps.set(step.name, record);
    this.#dirty.add(record);
    return record;
  }

  /** Stores everything that changed, in one commit. One at a time: a later one holds what an earlier one could not. */
  commit(progress: Partial<SagaProgress> = {}): Promise<"kept" | "due"> {
    const write = this.#writing.then(() => this.#write(progress));
    this.#writing = write.catch(() => {});
    return write;
  }

  /** The events that came for it. */
  mail(): Promise<Mailbox> {
    const { journal } = this.#storage;
    const { name, id } = this.#saga;
    return this.#persist({ readOnly: true }, (run) => journal.readMail(run, name, id));
  }

  async #write(progress: Partial<SagaProgress>): Promise<"kept" | "due"> {
    const changed = [...this.#dirty];
    this.#dirty.clear();
    const now = this.#clock.now();
    for (const [step, at] of this.#inDoubt) if (at < now - flushedMs) this.#inDoubt.delete(step);
    const steps = [...new Set([...this.#inDoubt.keys(), ...changed])].map((step) => ({ ...step }));
    const { state } = { state: this.state, ...progress };
    const forward = state === "running" || state === "done";
    // The outcome of a command can be asked for again by its id; a query's, an event's or the clock's cannot.
    const durable =
      !forward || changed.some((step) => step.commandId === "") || this.#inDoubt.size >= mostInDoubt;
    const full: SagaProgress = { state, error: this.error, durable, ...progress };
    const { journal } = this.#storage;
    const { name, id } = this.#saga;
    const written = await crashAround(state === "undoing" ? "saga.compensation" : "saga.step", () =>
      this.#persist({}, (run) => journal.recordSaga(run, this.#worker, name, id, steps, full)),
    );
    if (written === "lost") throw new Stopped("lost", "another process owns it now");
    if (durable) this.#inDoubt.clear();
    else for (const step of changed) this.#inDoubt.set(step, now);
    return written;
  }

  /** @throws Stopped where the database is away while this process ends: another takes the saga up */
  #persist<T>(options: { readOnly?: true }, work: (run: Run) => Promise<T>): Promise<T> {
    return persist(this.#clock, this.#storage.database, options, work, this.#draining).catch(
      (error: unknown) => {
        if (this.#draining.aborted && error instanceof DatabaseError)
          throw new Stopped("lost", "the database was away while this process ended");
        throw error;
      },
    );
  }

  /** Counts what a step makes the saga remember; gives the sum. */
  #weigh(step: Pick<StepRecord, "name" | "output">): number {
    const bytes = Buffer.byteLength(JSON.stringify(step.output) ?? "");
    this.#allBytes += bytes - (this.#bytes.get(step.name) ?? 0);
    this.#bytes.set(step.name, bytes);
    return this.#allBytes;
  }
}
