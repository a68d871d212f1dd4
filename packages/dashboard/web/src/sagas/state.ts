import type { SagaState, SagaStepView } from "../../../src/api/index.ts";
import type { Mood } from "../parts/text.tsx";

export const SAGA_MOODS: { readonly [state in SagaState]: Mood } = {
  running: "busy",
  undoing: "warn",
  parked: "bad",
  done: "good",
  refused: "plain",
  abandoned: "warn",
};

export const STEP_MOODS: { readonly [state in SagaStepView["state"]]: Mood } = {
  started: "busy",
  done: "good",
  failed: "bad",
  undoing: "warn",
  undone: "plain",
};
