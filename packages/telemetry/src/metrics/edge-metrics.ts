import type { EdgeCounts } from "./edge-counts.ts";
import type { Histogram } from "./histogram.ts";
import type { Metric, Point } from "./metric.ts";

/** What is counted of edges, as metrics. */
export function edgeMetrics(all: readonly EdgeCounts[]): readonly Metric[] {
  // A member answers calls or streams, never both.
  const streams = all.filter(({ streams: { open, ended } }) => open + ended > 0);
  return [...callMetrics(all.filter((edge) => !streams.includes(edge))), ...streamMetrics(streams)];
}

function callMetrics(edges: readonly EdgeCounts[]): readonly Metric[] {
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
        [...edge.errors.all].map(([type, value]) => ({
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

function streamMetrics(edges: readonly EdgeCounts[]): readonly Metric[] {
  if (edges.length === 0) return [];
  const points = (pick: (streams: EdgeCounts["streams"]) => number): Point<number>[] =>
    edges.map((edge) => ({ attributes: attributesOf(edge), value: pick(edge.streams) }));
  return [
    {
      name: "kerf.edge.streams",
      description: "Streams that have ended.",
      unit: "{stream}",
      kind: "counter",
      points: points(({ ended }) => ended),
    },
    {
      name: "kerf.edge.stream.errors",
      description: "Streams that ended with an error, declared ones included.",
      unit: "{stream}",
      kind: "counter",
      points: edges.flatMap((edge) =>
        [...edge.streams.errors.all].map(([type, value]) => ({
          attributes: { ...attributesOf(edge), "error.type": type },
          value,
        })),
      ),
    },
    {
      name: "kerf.edge.stream.open",
      description: "Streams that are open.",
      unit: "{stream}",
      kind: "gauge",
      points: points(({ open }) => open),
    },
    {
      name: "kerf.edge.stream.messages",
      description: "Answers of streams.",
      unit: "{message}",
      kind: "counter",
      points: points(({ messages }) => messages),
    },
    {
      name: "kerf.edge.stream.bytes",
      description:
        "Bytes of answers of streams as they are, or would be, sent to another process, by one in 64.",
      unit: "By",
      kind: "counter",
      points: points(({ bytes }) => bytes),
    },
  ];
}

function attributesOf({ facts: { caller, callee, member, local } }: EdgeCounts) {
  return { "kerf.caller": caller, "kerf.callee": callee, "kerf.member": member, "kerf.local": local };
}
