import type { Problem } from "../api/index.ts";

/** An answer that is no success, with words for people. */
export class Refusal extends Error {
  readonly status: number;
  /** Which fields of what was given are wrong. */
  readonly violations: Problem["violations"];

  constructor(status: number, message: string, violations?: Problem["violations"] | string) {
    super(message);
    this.status = status;
    this.violations = typeof violations === "string" ? [{ path: violations, message }] : violations;
  }
}
