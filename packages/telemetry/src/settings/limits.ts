import type { Variables } from "./variables.ts";

/** Of the attributes of one span, or one record of a log. */
export interface AttributeLimits {
  readonly count: number;
  /** Characters of a text. */
  readonly valueLength: number;
}

export interface SpanLimits extends AttributeLimits {
  readonly events: number;
  readonly links: number;
}

/** https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#attribute-limits */
export function attributeLimits(variables: Variables, of: "SPAN" | "LOGRECORD"): AttributeLimits {
  const count = variables.whole("OTEL_ATTRIBUTE_COUNT_LIMIT", 128, 0);
  const valueLength = variables.whole("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", Infinity, 0);
  return {
    count: variables.whole(`OTEL_${of}_ATTRIBUTE_COUNT_LIMIT`, count, 0),
    valueLength: variables.whole(`OTEL_${of}_ATTRIBUTE_VALUE_LENGTH_LIMIT`, valueLength, 0),
  };
}

export function spanLimits(variables: Variables): SpanLimits {
  return {
    ...attributeLimits(variables, "SPAN"),
    events: variables.whole("OTEL_SPAN_EVENT_COUNT_LIMIT", 128, 0),
    links: variables.whole("OTEL_SPAN_LINK_COUNT_LIMIT", 128, 0),
  };
}
