import { EndedAtStart, type UnitProcess } from "./processes.ts";

/** The processes of an application's units; one that dies is started again where that is wanted. */
export class Supervisor {
  readonly processes = new Map<string, UnitProcess>();
  readonly #starting = new Map<string, Promise<void>>();
  readonly #begin: (unit: string) => Promise<UnitProcess>;
  readonly #again: boolean;
  #stopping = false;
  #failure: unknown;

  /** `again`: starts one that dies again, as an orchestrator does. */
  constructor(begin: (unit: string) => Promise<UnitProcess>, again: boolean) {
    this.#begin = begin;
    this.#again = again;
  }

  /** Starts a unit, and waits until it is ready. @throws where it cannot start */
  async start(unit: string): Promise<void> {
    const starting = this.#untilReady(unit);
    this.#starting.set(unit, starting);
    starting.catch(() => {});
    await starting;
  }

  /** The processes, once those that are being started again are ready. */
  async living(): Promise<readonly UnitProcess[]> {
    if (this.#failure !== undefined) throw this.#failure;
    await Promise.all(this.#starting.values());
    return [...this.processes.values()];
  }

  /** Stops them gently. */
  async drain(): Promise<void> {
    this.#stopping = true;
    await Promise.allSettled(this.#starting.values());
    await Promise.all([...this.processes.values()].map((unit) => unit.drain()));
    this.processes.clear();
  }

  async #untilReady(unit: string): Promise<void> {
    for (;;) {
      try {
        const process = await this.#begin(unit);
        this.processes.set(unit, process);
        if (this.#again) void process.gone.then(() => this.#revive(unit));
        return;
      } catch (error) {
        const killed = error instanceof EndedAtStart && error.killed;
        if (!this.#again || !killed || this.#stopping) throw error;
      }
    }
  }

  async #revive(unit: string): Promise<void> {
    if (this.#stopping) return;
    await this.start(unit).catch((error: unknown) => (this.#failure = error));
  }
}
