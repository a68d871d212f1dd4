import { childOf } from "../call/trace.ts";
import type { SagaRecord } from "../journal/journal.ts";
import type { ServicePort } from "../service/port.ts";
import { sagaRun, sagaStep, type AboutSaga } from "../telemetry/background.ts";
import { failureOf, type Failure } from "../telemetry/failure.ts";
import type { Span } from "../telemetry/telemetry.ts";

/** Tells of one saga, and of its steps, while this process runs it. */
export class SagaSpans {
  readonly #port: ServicePort;
  readonly #record: SagaRecord;
  /** Of steps that are under way. */
  readonly #open = new Set<Span>();
  #within: string;

  constructor(port: ServicePort, record: SagaRecord) {
    this.#port = port;
    this.#record = record;
    this.#within = record.traceparent;
  }

  /** Of the whole, from its first step here to its end or its rest. */
  async run<End extends string>(work: () => Promise<End>): Promise<End> {
    const { telemetry, definition } = this.#port;
    if (telemetry === undefined) return work();
    const { name: saga, id, traceparent } = this.#record;
    const about: AboutSaga = { service: definition.name, saga, id, outcome: undefined };
    const span = telemetry.begin(sagaRun, about, traceparent);
    this.#within = span.traceparent;
    try {
      const end = await work();
      about.outcome = end;
      // Who stops in the middle of a step never hears of it again.
      this.#endSteps(undefined);
      span.end(end === "parked" ? { type: "parked", fault: true } : undefined);
      return end;
    } catch (error) {
      const failure = failureOf(error);
      this.#endSteps(failure);
      span.end(failure);
      throw error;
    }
  }

  #endSteps(failure: Failure | undefined): void {
    for (const step of this.#open) step.end(failure);
    this.#open.clear();
  }

  /** Of one step, whose calls are given its trace context. */
  async step<T>(step: string, kind: "do" | "undo", work: (traceparent: string) => Promise<T>): Promise<T> {
    const { telemetry, definition } = this.#port;
    if (telemetry === undefined) return work(childOf(this.#within));
    const { name: saga, id } = this.#record;
    const span = telemetry.begin(sagaStep, { service: definition.name, saga, id, step, kind }, this.#within);
    this.#open.add(span);
    const end = (error?: unknown): void => {
      if (this.#open.delete(span)) span.end(error === undefined ? undefined : failureOf(error));
    };
    try {
      const result = await work(span.traceparent);
      end();
      return result;
    } catch (error) {
      end(error);
      throw error;
    }
  }
}
