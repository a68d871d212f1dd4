import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError } from "../data/errors.ts";
import type { SagaError, SagaProgress, SagaRecord, SagaState, StepRecord } from "../journal/journal.ts";
import type { Storage } from "../service/port.ts";
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

/** The records of one saga: what is stored, what is yet to be stored with the next commit. */
export class Recorder {
  readonly steps = new Map<string, Mutable<StepRecord>>();
  state: SagaState;
  error: SagaError | undefined;
  readonly #dirty = new Set<StepRecord>();
  readonly #storage: Storage;
  readonly #worker: string;
  readonly #saga: SagaRecord;
  #writing: Promise<void> = Promise.resolve();
  #bytes = 0;

  constructor(storage: Storage, worker: string, saga: SagaRecord, steps: readonly StepRecord[]) {
    this.#storage = storage;
    this.#worker = worker;
    this.#saga = saga;
    this.state = saga.state;
    this.error = saga.error;
    for (const step of steps) this.steps.set(step.name, { ...step });
  }

  get inOrder(): Mutable<StepRecord>[] {
    return [...this.steps.values()].toSorted((a, b) => a.position - b.position);
  }

  /** Adds or changes a step; it is stored with the next {@link commit}. */
  put(step: Omit<StepRecord, "position" | "at">): Mutable<StepRecord> {
    const known = this.steps.get(step.name);
    if (!known && this.steps.size >= maxSteps)
      throw new Stopped("parked", `it has more than ${maxSteps} steps`);
    this.#bytes += step.output === undefined ? 0 : (JSON.stringify(step.output)?.length ?? 0);
    if (this.#bytes > maxBytes)
      throw new Stopped("parked", `what it remembers is larger than ${maxBytes} bytes`);
    const record = known
      ? Object.assign(known, step)
      : { ...step, position: this.steps.size, at: Date.now() };
    this.steps.set(step.name, record);
    this.#dirty.add(record);
    return record;
  }

  /** Stores everything that changed, in one commit. One at a time: a later one holds what an earlier one could not. */
  commit(progress: Partial<SagaProgress> = {}): Promise<void> {
    const write = this.#writing.then(() => this.#write(progress));
    this.#writing = write.catch(() => {});
    return write;
  }

  async #write(progress: Partial<SagaProgress>): Promise<void> {
    const steps = [...this.#dirty].map((step) => ({ ...step }));
    this.#dirty.clear();
    const full: SagaProgress = { state: this.state, error: this.error, ...progress };
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      try {
        if (await this.#tryWrite(steps, full)) return;
        throw new Stopped("lost", "another process owns it now");
      } catch (error) {
        // Writing the same records again is harmless, so an unknown commit is simply written again.
        if (!(error instanceof DatabaseError) || error.kind === "statement" || error.kind === "unique")
          throw error;
        await sleep(pauseMs);
      }
    }
  }

  async #tryWrite(steps: readonly StepRecord[], progress: SagaProgress): Promise<boolean> {
    const { database, journal } = this.#storage;
    const tx = database.open({ deadlineAt: Date.now() + 10_000 });
    try {
      const owned = await journal.recordSaga(
        tx.run,
        this.#worker,
        this.#saga.name,
        this.#saga.id,
        steps,
        progress,
      );
      await tx.commit();
      return owned;
    } catch (error) {
      await tx.rollback();
      throw error;
    }
  }
}
