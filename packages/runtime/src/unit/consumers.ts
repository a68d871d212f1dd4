import { contractsServed, describe } from "kerf";
import type { Logger } from "pino";
import type { Backlog, Broker } from "../broker/broker.ts";
import type { Clock } from "../clock/clock.ts";
import { Alarms } from "../service/alarms.ts";
import type { ServicePort } from "../service/port.ts";
import { behindAlarms } from "../service/thresholds.ts";

export interface ConsumersOptions {
  readonly broker: Broker;
  readonly definitions: readonly ServicePort["definition"][];
  readonly log: Logger;
  readonly clock: Clock;
  readonly measureMs: number;
  /** How long the broker keeps messages. */
  readonly keptMs: number;
}

/**
 * Watches how far subscribers are behind: the services of this unit, and those that hear them. So a subscriber that runs
 * nowhere is still missed by somebody.
 */
export class Consumers {
  readonly #options: ConsumersOptions;
  readonly #names: ReadonlySet<string>;
  readonly #contracts: ReadonlySet<string>;
  readonly #alarms: Alarms;
  #measureAt: number;
  /** As of the last look. */
  measured: readonly Backlog[] = [];
  #measuring: Promise<void> | undefined;

  constructor(options: ConsumersOptions) {
    const { clock, measureMs, definitions } = options;
    this.#options = options;
    this.#names = new Set(definitions.map((d) => d.name));
    this.#contracts = new Set(definitions.flatMap(contractsServed).map((c) => describe(c).id));
    this.#alarms = new Alarms(options.log);
    this.#measureAt = clock.now() + measureMs * clock.random();
  }

  /** Measures where it is time to; never rejects. */
  look(): void {
    const { clock, measureMs, broker } = this.#options;
    if (!broker.backlog || this.#measuring || clock.now() < this.#measureAt) return;
    this.#measureAt = clock.now() + measureMs * (0.8 + 0.4 * clock.random());
    // The broker itself reports that it is out of reach.
    this.#measuring = this.#measure()
      .catch(() => {})
      .finally(() => (this.#measuring = undefined));
  }

  async #measure(): Promise<void> {
    const { broker, keptMs } = this.#options;
    this.measured = (await broker.backlog!()).filter(
      ({ service, channel }) => this.#names.has(service) || this.#contracts.has(channel),
    );
    this.#alarms.set(this.measured.flatMap((group) => behindAlarms(group, keptMs)));
  }
}
