import type { Logger } from "pino";
import type { Problem } from "./problem.ts";

export interface ProblemPlace {
  readonly traceId?: string;
  readonly member?: string;
  readonly method?: string;
  /** The route's pattern: a concrete path may hold somebody's data. */
  readonly route?: string;
}

/**
 * Writes a problem to the log. What failed inside is an error or a warning; what a stranger did wrong is written at
 * debug only, or they could fill the disk.
 */
export function reportProblem(log: Logger, found: Problem, place: ProblemPlace): void {
  const { status, title, cause } = found;
  if (status < 500) log.debug({ ...place, status, problem: found.type }, `refused: ${title}`);
  else if (status === 503 || status === 504) log.warn({ ...place, status, err: cause }, title);
  else log.error({ ...place, status, err: cause }, title);
}
