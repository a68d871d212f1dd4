import { sagaFacts, type SagaFacts } from "kerf";
import { crashpoint } from "../crashpoint/crashpoint.ts";
import { sagaKey, type NewSaga, type SagaRecord, type StepRecord } from "../journal/journal.ts";
import type { ServicePort } from "../service/port.ts";
import type { SagaParts } from "./live-saga.ts";
import { SagaRun } from "./run.ts";
import type { SagaLimits } from "./step-policy.ts";

/** How many sagas of a service run at once; the rest wait. */
const atOnce = 200;
const claimAtOnce = 20;

/** Runs the sagas of one service that this process owns. */
export class SagaEngine {
  readonly #facts: ReadonlyMap<string, SagaFacts>;
  readonly #live = new Map<string, Promise<void>>();
  /** Started here, and waiting for room. */
  readonly #waiting: NewSaga[] = [];
  #claiming: Promise<void> | undefined;
  #inDoubt = false;
  readonly #draining = new AbortController();
  readonly #port: ServicePort;
  readonly #worker: string;
  readonly #limits: SagaLimits;
  /** Says that there is something to do in so many milliseconds. */
  readonly #due: (inMs: number) => void;

  constructor(port: ServicePort, worker: string, limits: SagaLimits, due: (inMs: number) => void) {
    this.#port = port;
    this.#worker = worker;
    this.#limits = limits;
    this.#due = due;
    this.#facts = new Map(port.definition.sagas.map((saga) => [saga.name, sagaFacts(saga)]));
  }

  /** Whether there may be sagas that belong to this process, so many by its records, and are not in its memory: {@link claim} finds them. */
  isMissing(ownSagas: number): boolean {
    return this.#inDoubt || ownSagas > this.#live.size + this.#waiting.length;
  }

  /** Runs a saga that a transaction of this process has just started, and so owns. */
  begin(saga: NewSaga): void {
    if (this.#live.size >= atOnce) this.#waiting.push(saga);
    else this.#run({ ...saga, state: "running", error: undefined }, []);
  }

  /** Takes over what is due and has no living owner. Once at a time. */
  claim(): Promise<void> {
    this.#claiming ??= this.#claim().finally(() => (this.#claiming = undefined));
    return this.#claiming;
  }

  /** Stops at the next step of each, hands them back, and waits for that. */
  async drain(): Promise<void> {
    this.#draining.abort();
    await this.#claiming?.catch(() => {});
    await Promise.all(this.#live.values());
  }

  async #claim(): Promise<void> {
    while (!this.#draining.signal.aborted && this.#facts.size > 0) {
      const room = Math.min(claimAtOnce, atOnce - this.#live.size);
      if (room <= 0) return;
      const claimed = await this.#claimSome(room);
      this.#inDoubt = false;
      if (claimed.length > 0) crashpoint("saga.claimed");
      for (const { saga, steps } of claimed) this.#run(saga, steps);
      if (claimed.length < room) return;
    }
  }

  async #claimSome(limit: number): Promise<{ saga: SagaRecord; steps: readonly StepRecord[] }[]> {
    const { clock, storage } = this.#port;
    const { database, journal } = storage!;
    const inMemory = [...this.#live.keys(), ...this.#waiting.map(sagaKey)];
    const known = [...this.#facts.values()];
    const tx = database.open({ deadlineAt: clock.now() + 10_000 });
    try {
      const sagas = await journal.claimSagas(tx.run, this.#worker, { limit, inMemory, known });
      const claimed = await Promise.all(
        sagas.map(async (saga) => ({ saga, steps: await journal.readSteps(tx.run, saga.name, saga.id) })),
      );
      await tx.commit();
      return claimed;
    } catch (error) {
      await tx.rollback();
      // What was taken and then not read would be nobody's.
      this.#doubt();
      throw error;
    }
  }

  #doubt(): void {
    this.#inDoubt = true;
    this.#due(1_000);
  }

  #run(saga: SagaRecord, steps: readonly StepRecord[]): void {
    const key = sagaKey(saga);
    const facts = this.#facts.get(saga.name)!;
    // One that is not taken up now goes to another process with the lease of this one.
    if (this.#live.has(key) || this.#draining.signal.aborted) return;
    const parts: SagaParts = {
      port: this.#port,
      facts,
      worker: this.#worker,
      limits: this.#limits,
      draining: this.#draining.signal,
      due: this.#due,
    };
    const work = new SagaRun(parts, saga, steps)
      .execute()
      .then((end) => this.#port.log.debug({ saga: saga.name, sagaId: saga.id, end }, `saga ${end}`))
      .catch((error: unknown) => {
        this.#port.log.error(
          { saga: saga.name, sagaId: saga.id, err: error },
          "a saga stopped; it is taken up again soon",
        );
        this.#doubt();
      })
      .finally(() => {
        this.#live.delete(key);
        const next = this.#waiting.shift();
        if (next) this.begin(next);
        // One that could not be taken up for want of room may be now.
        else if (this.#live.size === atOnce - 1) this.#due(0);
      });
    this.#live.set(key, work);
  }
}
