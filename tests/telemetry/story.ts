import type { ReceivedSpan } from "../../packages/telemetry/src/testing/index.ts";

const kinds = ["", "internal", "server", "client", "producer", "consumer"];

/**
 * What spans of one trace tell, whatever order they came in: each with its service, its kind, its name, whether it failed,
 * and what stands around it. Attributes that tell of the topology are left out.
 */
export function storyOf(spans: readonly ReceivedSpan[]): readonly string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const told = (span: ReceivedSpan): string => {
    const { "service.name": service } = span.resource;
    return `${String(service)} ${kinds[span.kind]} ${span.name}${span.status === 2 ? " failed" : ""}`;
  };
  const path = (span: ReceivedSpan): string => {
    const around = byId.get(span.parentSpanId);
    return around === undefined ? told(span) : `${path(around)} > ${told(span)}`;
  };
  return spans.map(path).toSorted();
}
