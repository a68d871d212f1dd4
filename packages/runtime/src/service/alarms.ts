import type { Log } from "kerf";

/** One thing that was measured. */
export interface Alarm {
  /** The same for every measurement of it. */
  readonly name: string;
  readonly raised: boolean;
  /** `error` where something is lost or waits for a person. */
  readonly level: "warn" | "error";
  /** What is the matter, and what to do about it. */
  readonly text: string;
  /** When it is over. */
  readonly cleared: string;
  readonly fields: object;
}

/** Says once that a threshold was crossed, and once that it is over. */
export class Alarms {
  readonly #raised = new Set<string>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  set(alarms: readonly Alarm[]): void {
    for (const { name, raised, level, text, cleared, fields } of alarms) {
      if (raised === this.#raised.has(name)) continue;
      if (raised) {
        this.#raised.add(name);
        this.#log[level]({ alarm: name, ...fields }, text);
      } else {
        this.#raised.delete(name);
        this.#log.info({ alarm: name, cleared: true, ...fields }, cleared);
      }
    }
  }
}
