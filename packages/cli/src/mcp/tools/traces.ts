import type { SpanView } from "@kerf/dashboard/api";
import { readTrace, searchTraces, traceIdsOf } from "@kerf/dashboard/read";
import { z } from "zod";
import { given as only } from "../../recorded/filters.ts";
import { Failure } from "../../usage.ts";
import { iso, limit, service, short, since, sinceOf } from "../arguments.ts";
import { tool, type Sources, type Tool } from "../tool.ts";
import { lineOf } from "./logs.ts";

export function traceTools({ telemetry }: Sources): Tool[] {
  return [
    tool({
      name: "search_traces",
      title: "Search traces",
      description:
        "Finds traces of requests, the latest first. All that is asked of a span must be true of one span. " +
        "Begin here to see why something failed or was slow, then use get_trace.",
      input: {
        service,
        member: z.string().max(200).describe("inventory@1.reserve, or a part of a span's name").optional(),
        status: z.enum(["error", "ok"]).optional(),
        slowerThanMs: z.number().min(0).optional(),
        attributes: z.array(z.string().max(500)).max(8).describe("key=value, of a span").optional(),
        text: z.string().max(500).describe("Words in a span's name, error or attributes").optional(),
        since,
        limit: limit(100, 20),
      },
      run: async ({ slowerThanMs, attributes, since: from, limit: most = 20, ...rest }) =>
        telemetry((database) => {
          const query = only({
            ...rest,
            minMs: slowerThanMs,
            attribute: attributes,
            fromAt: sinceOf(from),
            limit: most,
          });
          const { traces, next } = searchTraces(database, query);
          return {
            traces: traces.map(({ traceId, startAt, durationMs, ...of }) => ({
              trace: traceId,
              began: iso(startAt),
              tookMs: short(durationMs),
              ...of,
            })),
            ...(next === null ? {} : { more: `There are more than these ${most}.` }),
          };
        }),
    }),
    tool({
      name: "get_trace",
      title: "Show a trace",
      description:
        "Shows one trace: its spans in order of calls, which failed and why, which were on the critical path, and the lines " +
        "of the log in it. With span, everything that is known of that span.",
      input: {
        trace: z
          .string()
          .regex(/^[0-9a-f]{4,32}$/i)
          .describe("Its id, or enough of its beginning"),
        span: z.string().max(16).describe("Id of one of its spans").optional(),
      },
      run: async ({ trace, span }) =>
        telemetry((database) => {
          const [traceId, other] = traceIdsOf(database, trace, 2);
          const view = traceId === undefined ? undefined : readTrace(database, traceId);
          if (!view || other !== undefined)
            throw new Failure(
              other === undefined
                ? `There is no trace ${trace}: its spans are not there yet, it was not sampled, or it is not kept any more. search_traces finds those that are.`
                : `Several traces begin with ${trace}. Give more of its id.`,
            );
          if (span !== undefined) {
            const one = view.spans.find(({ spanId }) => spanId === span);
            if (!one)
              throw new Failure(`There is no span ${span} in it. get_trace without a span lists them.`);
            return { span: { ...one, startAt: iso(one.startAt) } };
          }
          return {
            trace: view.traceId,
            began: iso(view.startAt),
            answeredAfterMs: short(view.answerMs),
            endedAfterMs: short(view.durationMs),
            errors: view.spans.filter(({ status }) => status === "error").map(failureOf),
            spans: view.spans.map((one) => summaryOf(one, view.startAt)),
            logs: view.logs.map(lineOf),
            linked: view.related.map((one) => ({ trace: one.traceId, name: one.name, errors: one.errors })),
            ...(view.truncated ? { more: `There are more than these ${view.spans.length} spans.` } : {}),
          };
        }),
    }),
  ];
}

function summaryOf(span: SpanView, startAt: number): object {
  const {
    spanId,
    parentSpanId,
    service: of,
    unit,
    name,
    kind,
    local,
    critical,
    criticalToEnd,
    status,
  } = span;
  return {
    span: spanId,
    parent: parentSpanId,
    service: of,
    unit,
    name,
    kind,
    atMs: short(span.startAt - startAt),
    tookMs: short(span.durationMs),
    ...(local === null ? {} : { local }),
    ...(critical ? { critical } : criticalToEnd ? { criticalToEnd } : {}),
    ...(status === "error" ? { failed: true } : {}),
  };
}

function failureOf({ spanId, service: of, name, statusMessage, attributes, events }: SpanView): object {
  return { span: spanId, service: of, name, message: statusMessage, attributes, events };
}
