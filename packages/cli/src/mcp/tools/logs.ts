import type { LogLine } from "@kerf/dashboard/api";
import { searchLogs } from "@kerf/dashboard/read";
import { z } from "zod";
import { given as only } from "../../recorded/filters.ts";
import { iso, limit, service, since, sinceOf } from "../arguments.ts";
import { tool, type Sources, type Tool } from "../tool.ts";

export function logTools({ telemetry }: Sources): Tool[] {
  return [
    tool({
      name: "search_logs",
      title: "Search logs",
      description: "Finds lines of the logs of all units, the latest first.",
      input: {
        service,
        unit: z.string().max(200).optional(),
        level: z
          .enum(["trace", "debug", "info", "warn", "error", "fatal"])
          .describe("This level and above")
          .optional(),
        trace: z
          .string()
          .regex(/^[0-9a-f]{32}$/i)
          .describe("Id of a trace")
          .optional(),
        text: z.string().max(500).describe("In the message or a field").optional(),
        since,
        limit: limit(500, 50),
      },
      run: async ({ trace, since: from, limit: most = 50, ...rest }) =>
        telemetry((database) => {
          const query = only({
            ...rest,
            traceId: trace?.toLowerCase(),
            fromAt: sinceOf(from),
            limit: most,
          });
          const { logs, next } = searchLogs(database, query);
          return {
            logs: logs.map(lineOf),
            ...(next === null ? {} : { more: `There are earlier ones than these ${most}.` }),
          };
        }),
    }),
  ];
}

/** A line of the log, with its fields. */
export function lineOf({
  at,
  level,
  message,
  service: of,
  unit,
  member,
  traceId,
  attributes,
}: LogLine): object {
  const { unit: _unit, member: _member, ...fields } = attributes;
  return only({
    at: iso(at),
    level,
    service: of ?? undefined,
    unit: unit ?? undefined,
    member: member ?? undefined,
    trace: traceId ?? undefined,
    message,
    fields: Object.keys(fields).length > 0 ? fields : undefined,
  });
}
