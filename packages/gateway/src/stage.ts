import { StatusError } from "kerf";
import type { Exchange } from "./exchange.ts";
import { problemOfStatusError, type Problem } from "./problems/problem.ts";

/** Ends a request with a problem. */
export type Refuse = (exchange: Exchange, found: Problem) => void;

/** Does what is to be done with a request from here on. */
export type Step = (exchange: Exchange) => void;

/** One stage of a request: made once, with what follows it; lets a request go on to that, or ends it. */
export type Stage = (next: Step) => Step;

/** The stages one after the other, and then `last`. */
export function inOrder(stages: readonly Stage[], last: Step): Step {
  return stages.reduceRight((next, stage) => stage(next), last);
}

/** Ends a request with a problem where a step throws. */
export function guarded(step: Step, refuse: Refuse): Step {
  return (exchange) => {
    try {
      step(exchange);
    } catch (error) {
      refuse(exchange, problemOfStatusError(StatusError.from(error)));
    }
  };
}
