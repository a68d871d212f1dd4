import type { Loaded } from "./load.ts";

export interface Sample extends Loaded {
  /** Of the server alone, µs a request: says more than the rate where the machine has other things to do. */
  readonly cpuUs: number;
}

/** Contender, then what was asked (`"read"`, `"read, known"`). */
export type Samples = Map<string, Map<string, Sample[]>>;
