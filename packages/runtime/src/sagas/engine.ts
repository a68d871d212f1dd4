import { sagaFacts, type SagaFacts } from "kerf";
import type { NewSaga, SagaRecord, StepRecord } from "../journal/journal.ts";
import type { ServicePort } from "../service/port.ts";
import { SagaRun, type SagaParts } from "./run.ts";
import type { SagaLimits } from "./step-policy.ts";

/** How many sagas of a service are in memory at once; the rest wait in the database. */
const atOnce = 200;

/** Runs the sagas of one service that this process owns. */
export class SagaEngine {
  readonly #facts: ReadonlyMap<string, SagaFacts>;
  readonly #live = new Map<string, Promise<void>>();
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

  /** Runs a saga that a transaction of this process has just started, and so owns. */
  begin(saga: NewSaga): void {
    this.#run({ ...saga, state: "running", error: undefined }, []);
  }

  /** Takes over what is due and has no living owner. */
  async claim(): Promise<void> {
    if (this.#draining.signal.aborted || this.#facts.size === 0) return;
    const { database, journal } = this.#port.storage!;
    const room = Math.min(20, atOnce - this.#live.size);
    if (room <= 0) return;
    const claim = database.open({ deadlineAt: Date.now() + 10_000 });
    let claimed: readonly SagaRecord[];
    try {
      claimed = await journal.claimSagas(claim.run, this.#worker, room);
      await claim.commit();
    } catch (error) {
      await claim.rollback();
      throw error;
    }
    for (const saga of claimed) {
      const read = database.open({ readOnly: true, deadlineAt: Date.now() + 10_000 });
      let steps: readonly StepRecord[];
      try {
        steps = await journal.readSteps(read.run, saga.name, saga.id);
        await read.commit();
      } catch (error) {
        await read.rollback();
        throw error;
      }
      this.#run(saga, steps);
    }
  }

  /** Stops at the next step of each, hands them back, and waits for that. */
  async drain(): Promise<void> {
    this.#draining.abort();
    await Promise.all(this.#live.values());
  }

  #run(saga: SagaRecord, steps: readonly StepRecord[]): void {
    const key = `${saga.name} ${saga.id}`;
    const facts = this.#facts.get(saga.name);
    if (this.#live.has(key)) return;
    if (!facts) {
      this.#port.log.error(
        { saga: saga.name, sagaId: saga.id },
        `a saga "${saga.name}" is stored, but this deployment has none of that name`,
      );
      return;
    }
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
      .catch((error: unknown) =>
        this.#port.log.error(
          { saga: saga.name, sagaId: saga.id, err: error },
          "a saga stopped; it is taken up again when its lease has run out",
        ),
      )
      .finally(() => {
        this.#live.delete(key);
        // One that could not be taken up for want of room may be now.
        if (this.#live.size === atOnce - 1) this.#due(0);
      });
    this.#live.set(key, work);
  }
}
