import type { TraceView } from "../../../src/api/index.ts";
import { selfMs } from "./tree.ts";

export interface Pair {
  readonly service: string;
  readonly name: string;
  leftMs: number;
  leftSpans: number;
  leftErrors: number;
  rightMs: number;
  rightSpans: number;
  rightErrors: number;
}

/** Spans of the same service and name summed in each trace; the largest difference first. */
export function compared(left: TraceView, right: TraceView): readonly Pair[] {
  const pairs = new Map<string, Pair>();
  const add = (trace: TraceView, side: "left" | "right") => {
    for (const span of trace.spans) {
      const key = `${span.service} ${span.name}`;
      let pair = pairs.get(key);
      if (!pair) pairs.set(key, (pair = nothing(span.service, span.name)));
      pair[`${side}Ms`] += selfMs(span, trace.spans);
      pair[`${side}Spans`] += 1;
      if (span.status === "error") pair[`${side}Errors`] += 1;
    }
  };
  add(left, "left");
  add(right, "right");
  return [...pairs.values()].toSorted(
    (a, b) => Math.abs(b.rightMs - b.leftMs) - Math.abs(a.rightMs - a.leftMs),
  );
}

function nothing(service: string, name: string): Pair {
  return { service, name, leftMs: 0, leftSpans: 0, leftErrors: 0, rightMs: 0, rightSpans: 0, rightErrors: 0 };
}
