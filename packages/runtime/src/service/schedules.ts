import { newTrace } from "../call/trace.ts";
import { crashpoint } from "../crashpoint/crashpoint.ts";
import type { Slot } from "../journal/journal.ts";
import { scheduledRun, type AboutSchedule } from "../telemetry/background.ts";
import { duringRoot } from "../telemetry/during.ts";
import { react } from "../work/reaction.ts";
import type { ServicePort } from "./port.ts";

/** What a scheduled run may take. */
const scheduledMs = 300_000;
/** After a failed run: doubling from the first to the second. */
const pausesMs = [1_000, 300_000] as const;

/** Runs what is due by the clock: each slot once, whoever of the replicas is first. */
export class Schedules {
  readonly #port: ServicePort;
  readonly #due: (inMs: number) => void;
  /** Of those that run now, or failed: when the next try may begin. */
  readonly #waiting = new Map<string, { readonly at: number; readonly failures: number }>();

  constructor(port: ServicePort, due: (inMs: number) => void) {
    this.#port = port;
    this.#due = due;
  }

  /** A scheduled run begins a trace. */
  async #traced<T>(about: AboutSchedule, work: (traceparent: string) => Promise<T>): Promise<T> {
    const { telemetry } = this.#port;
    return telemetry ? duringRoot(telemetry, scheduledRun, about, work) : work(newTrace());
  }

  /** Runs a slot, unless it runs here now or failed a moment ago. Never rejects. */
  async run(slot: Slot, signal: AbortSignal): Promise<void> {
    const schedule = this.#port.definition.schedule.find((s) => s.name === slot.name);
    const before = this.#waiting.get(slot.name);
    if (!schedule || (before && before.at > this.#port.clock.now())) return;
    this.#waiting.set(slot.name, { at: Infinity, failures: before?.failures ?? 0 });
    try {
      crashpoint("timer.fire.before");
      const { name: service } = this.#port.definition;
      const about = { service, schedule: slot.name };
      await this.#traced(about, (traceparent) =>
        react({
          port: this.#port,
          name: `every: ${slot.name}`,
          // One slot is one run: with the same id where it is tried again.
          id: `${this.#port.definition.name}/${slot.name}/${slot.at}`,
          via: "schedule",
          input: undefined,
          run: schedule.run,
          timeoutMs: scheduledMs,
          actor: undefined,
          traceparent,
          signal,
          opensByLock: true,
          open: (run) => this.#port.storage!.journal.openSlot(run, slot),
        }),
      );
      crashpoint("timer.fire.after");
      this.#waiting.delete(slot.name);
    } catch (error) {
      const failures = (before?.failures ?? 0) + 1;
      const pauseMs = Math.min(pausesMs[0] * 2 ** (failures - 1), pausesMs[1]);
      this.#waiting.set(slot.name, { at: this.#port.clock.now() + pauseMs, failures });
      if (signal.aborted) return;
      this.#port.log.error(
        { err: error, schedule: slot.name },
        `the scheduled run "${slot.name}" failed; it is tried again in ${pauseMs / 1000} s`,
      );
      this.#due(pauseMs + 1);
    }
  }
}
