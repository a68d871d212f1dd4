import type { Backlog } from "../journal/journal.ts";
import type { Retention } from "../journal/retention.ts";
import type { Run } from "../data/transaction.ts";
import { Alarms } from "./alarms.ts";
import type { ServicePort } from "./port.ts";
import { backlogAlarms } from "./thresholds.ts";

const trimRows = 1_000;
/** What is over goes at least this often; with a shorter retention at a tenth of that. */
const longestTrimMs = 3_600_000;

export interface UpkeepOptions {
  readonly port: ServicePort;
  readonly retention: Retention;
  /** How often the backlog is measured. */
  readonly measureMs: number;
  transaction<T>(work: (run: Run) => Promise<T>): Promise<T>;
}

/** Keeps the tables of a service small, and an eye on what does not get done. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #alarms: Alarms;
  /** Not all replicas at once, nor all services of one. */
  #trimAt: number;
  #measureAt: number;
  /** As of the last look. */
  measured: Backlog | undefined;

  constructor(options: UpkeepOptions) {
    const { clock, log } = options.port;
    this.#options = options;
    this.#alarms = new Alarms(log);
    this.#trimAt = clock.now() + this.#trimMs * clock.random();
    this.#measureAt = clock.now() + options.measureMs * clock.random();
  }

  /** What is to be done now: each at most once until its time comes again. */
  due(): readonly (() => Promise<void>)[] {
    const { port, measureMs } = this.#options;
    const { clock } = port;
    const due: (() => Promise<void>)[] = [];
    if (clock.now() >= this.#trimAt) {
      this.#trimAt = clock.now() + this.#trimMs * (0.8 + 0.4 * clock.random());
      due.push(() => this.#trim());
    }
    if (clock.now() >= this.#measureAt) {
      this.#measureAt = clock.now() + measureMs * (0.8 + 0.4 * clock.random());
      due.push(() => this.#measure());
    }
    return due;
  }

  backlog(): Promise<Backlog> {
    return this.#options.transaction((run) => this.#options.port.storage!.journal.backlog(run));
  }

  get #trimMs(): number {
    return Math.min(longestTrimMs, this.#options.retention.handledMs / 10);
  }

  async #trim(): Promise<void> {
    const { port, retention, transaction } = this.#options;
    while (!(await transaction((run) => port.storage!.journal.trim(run, trimRows, retention))));
  }

  async #measure(): Promise<void> {
    this.measured = await this.backlog();
    this.#alarms.set(backlogAlarms(this.#options.port.definition.name, this.measured));
  }
}
