import type { EdgeCounts } from "./edge-counts.ts";
import type { Histogram } from "./histogram.ts";
import type { Metric, Point } from "./metric.ts";

/** What is counted of edges, as metrics. */
export function edgeMetrics(edges: readonly EdgeCounts[]): readonly Metric[] {
  const points = <V>(pick: (edge: EdgeCounts) => V): Point<V>[] =>
    edges.map((edge) => ({ attributes: attributesOf(edge), value: pick(edge) }));
  const measured = (pick: (edge: EdgeCounts) => Histogram): Point<Histogram>[] =>
    points(pick).filter(({ value }) => value.count > 0);
  return [
    {
      name: "kerf.edge.calls",
      description: "Calls that have ended.",
      unit: "{call}",
      kind: "counter",
      points: points((edge) => edge.calls),
    },
    {
      name: "kerf.edge.errors",
      description: "Calls that ended with an error, declared ones included.",
      unit: "{call}",
      kind: "counter",
      points: edges.flatMap((edge) =>
        [...edge.errors].map(([type, value]) => ({
          attributes: { ...attributesOf(edge), "error.type": type },
          value,
        })),
      ),
    },
    {
      name: "kerf.edge.duration",
      description: "How long calls took, as their caller sees it.",
      unit: "s",
      kind: "histogram",
      points: points((edge) => edge.duration),
    },
    {
      name: "kerf.edge.request.bytes",
      description: "Bytes of inputs as they are, or would be, sent to another process: of one call in 64.",
      unit: "By",
      kind: "histogram",
      points: measured((edge) => edge.requestBytes),
    },
    {
      name: "kerf.edge.reply.bytes",
      description: "Bytes of replies as they are, or would be, sent to another process: of one call in 64.",
      unit: "By",
      kind: "histogram",
      points: measured((edge) => edge.replyBytes),
    },
  ];
}

function attributesOf({ facts: { caller, callee, member, local } }: EdgeCounts) {
  return { "kerf.caller": caller, "kerf.callee": callee, "kerf.member": member, "kerf.local": local };
}
