import type { SpanLimits } from "../settings/limits.ts";
import { limited } from "./attributes.ts";
import type { SpanFacts } from "./span-facts.ts";

/** What is recorded has no more attributes than these, which are OpenTelemetry's defaults. */
const recordedAtMost = 128;

/** Leaves out what is over the limits of the settings. */
export function limiter(limits: SpanLimits): (facts: SpanFacts) => SpanFacts {
  const any = limits.count >= recordedAtMost && limits.valueLength === Infinity;
  return (facts) => {
    const { links, events } = facts;
    if (any && links.length <= limits.links && events.length <= limits.events) return facts;
    const { attributes, droppedAttributesCount } = limited({ ...facts.alike, ...facts.attributes }, limits);
    return {
      ...facts,
      alike: undefined,
      attributes,
      links: links.slice(0, limits.links),
      events: events.slice(0, limits.events),
      dropped: {
        attributes: droppedAttributesCount,
        links: Math.max(0, links.length - limits.links),
        events: Math.max(0, events.length - limits.events),
      },
    };
  };
}
