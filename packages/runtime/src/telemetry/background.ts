import type { SpanType } from "./telemetry.ts";

/** A saga, for as long as this process runs it without a break. */
export interface AboutSaga {
  readonly service: string;
  readonly saga: string;
  readonly id: string;
  outcome: string | undefined;
}

export const sagaRun: SpanType<AboutSaga> = {
  kind: "internal",
  service: ({ service }) => service,
  name: ({ saga }) => `saga ${saga}`,
  attributes: ({ saga, id, outcome }) => ({
    "kerf.saga": saga,
    "kerf.saga.id": id,
    "kerf.saga.outcome": outcome,
  }),
};

export interface AboutStep {
  readonly service: string;
  readonly saga: string;
  readonly id: string;
  readonly step: string;
  readonly kind: "do" | "undo";
}

export const sagaStep: SpanType<AboutStep> = {
  kind: "internal",
  service: ({ service }) => service,
  name: ({ step, kind }) => (kind === "do" ? `step ${step}` : `undo ${step}`),
  attributes: ({ saga, id, step, kind }) => ({
    "kerf.saga": saga,
    "kerf.saga.id": id,
    "kerf.saga.step": step,
    "kerf.saga.step.kind": kind,
  }),
};

export interface AboutSchedule {
  readonly service: string;
  readonly schedule: string;
}

export const scheduledRun: SpanType<AboutSchedule> = {
  kind: "internal",
  service: ({ service }) => service,
  name: ({ schedule }) => `schedule ${schedule}`,
  attributes: ({ schedule }) => ({ "kerf.schedule": schedule }),
};
