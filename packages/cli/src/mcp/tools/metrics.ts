import { flowsOf, metricsOf, ratesOf, seriesOf } from "@kerf/dashboard/read";
import { nearest } from "kerf";
import { z } from "zod";
import { given as only } from "../../recorded/filters.ts";
import { isOf, views } from "../../recorded/rate-table.ts";
import { Failure } from "../../usage.ts";
import { service, short, window, windowOf } from "../arguments.ts";
import { tool, type Sources, type Tool } from "../tool.ts";

export function metricTools({ telemetry }: Sources): Tool[] {
  return [
    tool({
      name: "get_rates",
      title: "Rates, errors and latencies",
      description:
        "How often, how fast (percentiles in ms) and with how many errors members answered in a window; by edge, who asked whom.",
      input: {
        by: z.enum(views).describe("member (default), or edge: of each caller by itself").optional(),
        service,
        member: z.string().max(200).describe("inventory@1.reserve, or a part of it").optional(),
        window,
      },
      run: async ({ by = "member", service: name, member, window: text }) =>
        telemetry((database) => {
          const windowMs = windowOf(text);
          const flows = flowsOf(database, windowMs)
            .filter((flow) => isOf(by, flow))
            .filter(({ source, target }) => !name || target === name || (by === "edge" && source === name))
            .filter((flow) => !member || flow.member.includes(member))
            .map((flow) => (by === "member" ? { ...flow, source: "" } : flow));
          const rates = ratesOf(flows, windowMs).map(({ caller, callee, perSecond, ...rate }) => ({
            ...(by === "edge" ? { from: caller || "clients", to: callee } : { service: callee }),
            ...rate,
            perSecond: short(perSecond),
            p50Ms: short(rate.p50Ms),
            p95Ms: short(rate.p95Ms),
            p99Ms: short(rate.p99Ms),
          }));
          return { windowMs, rates };
        }),
    }),
    tool({
      name: "get_metric",
      title: "A metric over time",
      description:
        "The course of one metric: memory, event loop, lag, dead letters, edges. Without a name, the metrics that there are.",
      input: {
        name: z.string().max(200).describe("kerf.edge.duration").optional(),
        by: z
          .string()
          .max(200)
          .describe("Attributes, or service, unit, instance, by which series stay apart, separated by commas")
          .optional(),
        service,
        window,
      },
      run: async ({ name, by, service: of, window: text }) =>
        telemetry((database) => {
          const { metrics } = metricsOf(database);
          if (name === undefined) return { metrics };
          const toAt = Date.now();
          const fromAt = toAt - windowOf(text);
          const stepMs = Math.max(5_000, (toAt - fromAt) / 30);
          const list = seriesOf(database, { name, fromAt, toAt, stepMs, ...only({ by, service: of }) }, toAt);
          if (list) return { name, fromAt, toAt, ...list };
          const close = nearest(
            name,
            metrics.map((one) => one.name),
          );
          throw new Failure(
            `There is no metric "${name}"${of === undefined ? "" : ` of ${of}`}.${close ? ` Did you mean "${close}"?` : ""} get_metric without a name lists them.`,
          );
        }),
    }),
  ];
}
