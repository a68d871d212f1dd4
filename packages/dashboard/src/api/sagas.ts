import type { Action, SagaDetail, SagaStep, SagaSummary } from "@kerf/runtime/records";

export type SagaState = SagaSummary["state"];

export interface SagaQuery {
  readonly state?: SagaState | "stuck";
  readonly service?: string;
  readonly name?: string;
  /** Default 100, at most 1,000. */
  readonly limit?: number;
}

export interface SagaRow extends SagaSummary {
  readonly service: string;
}

export interface SagaList {
  readonly counts: readonly {
    readonly service: string;
    readonly name: string;
    readonly state: SagaState;
    readonly sagas: number;
    readonly stuck: number;
  }[];
  /** Those that are parked first, then the latest. */
  readonly sagas: readonly SagaRow[];
}

export type SagaStepView = SagaStep;

export interface SagaView extends SagaRow, Pick<SagaDetail, "input" | "parkedFrom" | "mail" | "steps"> {
  readonly traceId: string | null;
  readonly actions: readonly ActionView[];
}

/** What a person did. */
export interface ActionView extends Pick<Action, "at" | "who" | "what"> {
  readonly why: string | null;
}

export interface Reason {
  readonly reason?: string;
}
