import { Graph as LayoutGraph, layout } from "@dagrejs/dagre";
import { edgeId, type Graph } from "./graph.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}
/** Where everything stands; boxes by their upper left corner. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly cards: ReadonlyMap<string, Box>;
  /** Units that hold more than one card. */
  readonly units: readonly (Box & { readonly name: string })[];
  readonly edges: ReadonlyMap<string, EdgePlace>;
}
/** `anchor`: which part of the text stands at this point. */
export interface Label extends Point {
  readonly anchor: "start" | "middle" | "end";
}
export interface EdgePlace {
  readonly path: string;
  /** Where its numbers stand; undefined where no room was left for those of all. */
  readonly label: Label | undefined;
  /** Below both cards, where it leaves and arrives, for the numbers of few: beside them there may be the next card. */
  readonly ends: { readonly from: Label; readonly to: Label };
}

export const CARD_WIDTH = 164;
export const CARD_HEIGHT = 50;
export const DATABASE_HEIGHT = 22;
const MARGIN = 24;

/** In layers from left to right, in the direction of the calls. The same graph always gives the same layout. */
export function layoutOf({ cards, edges, compact }: Graph): Layout {
  const graph = new LayoutGraph({ compound: true, multigraph: true });
  const [nodesep, edgesep] = compact ? [18, 5] : [20, 10];
  // For its name a unit is drawn higher than it is laid out: by what is left between it and whatever is above.
  const head = (nodesep + edgesep) / 2 - 1;
  graph.setGraph({
    rankdir: "LR",
    nodesep,
    ranksep: compact ? 36 : 44,
    edgesep,
    marginx: MARGIN,
    marginy: MARGIN,
  });
  const label = compact ? { width: 0, height: 0 } : { width: 36, height: 14 };
  const units = groupsOf(cards);
  for (const unit of units) graph.setNode(`unit:${unit}`, {});
  for (const { node, databases } of cards) {
    const height = CARD_HEIGHT + (compact ? 0 : databases.length * DATABASE_HEIGHT);
    graph.setNode(node.id, { width: CARD_WIDTH, height });
    if (node.unit !== null && units.has(node.unit)) graph.setParent(node.id, `unit:${node.unit}`);
  }
  const brokers = new Set(cards.filter(({ node }) => node.kind === "broker").map(({ node }) => node.id));
  // Whoever is told stands before the broker too: it is at the end, and no call has to go around it.
  const isTurned = (edge: Graph["edges"][number]) => brokers.has(edge.from);
  for (const edge of edges)
    graph.setEdge(
      isTurned(edge) ? edge.to : edge.from,
      isTurned(edge) ? edge.from : edge.to,
      { ...label, labelpos: "c", weight: edge.kind === "event" ? 1 : 3 },
      edgeId(edge),
    );
  layout(graph);

  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const boxes = new Map(cards.map(({ node }) => [node.id, boxOf(graph.node(node.id) as Box)]));
  return {
    width,
    height: height + head,
    cards: boxes,
    units: [...units].map((name) => {
      const box = boxOf(graph.node(`unit:${name}`) as Box);
      return { ...box, name, y: box.y - head, height: box.height + head };
    }),
    edges: new Map(
      edges.map((edge) => {
        const id = edgeId(edge);
        const [from, to] = isTurned(edge) ? [edge.to, edge.from] : [edge.from, edge.to];
        const { points, x, y } = graph.edge(from, to, id) as unknown as { points: Point[] } & Point;
        // The first and the last are where it would meet the boxes.
        const between = points.slice(1, -1);
        const { path, ends } = route(
          boxes.get(edge.from)!,
          boxes.get(edge.to)!,
          isTurned(edge) ? between.toReversed() : between,
        );
        return [id, { path, ends, label: compact ? undefined : { x, y, anchor: "middle" } }];
      }),
    ),
  };
}

function groupsOf(cards: Graph["cards"]): ReadonlySet<string> {
  const sizes = new Map<string, number>();
  for (const { node } of cards) if (node.unit !== null) sizes.set(node.unit, (sizes.get(node.unit) ?? 0) + 1);
  return new Set([...sizes].filter(([, size]) => size > 1).map(([unit]) => unit));
}

function boxOf({ x, y, width, height }: Box): Box {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

/**
 * Leaves at the side that looks to the target and arrives at the one that looks back; between them through the layers'
 * points. Every part begins and ends level, so that it climbs between the layers and not across what stands in them.
 */
function route(from: Box, to: Box, between: readonly Point[]): Pick<EdgePlace, "path" | "ends"> {
  const forward = from.x + from.width / 2 <= to.x + to.width / 2;
  const side = (box: Box, right: boolean) => ({
    x: right ? box.x + box.width : box.x,
    y: box.y + CARD_HEIGHT / 2,
  });
  const points = [side(from, forward), ...between, side(to, !forward)];
  const path = points.slice(1).reduce(
    (before, point, index) => {
      const last = points[index]!;
      const middle = (last.x + point.x) / 2;
      return `${before}C${text({ x: middle, y: last.y })} ${text({ x: middle, y: point.y })} ${text(point)}`;
    },
    `M${text(points[0]!)}`,
  );
  const below = (box: Box, right: boolean): Label => ({
    x: side(box, right).x,
    y: box.y + box.height + 1,
    anchor: right ? "end" : "start",
  });
  return { path, ends: { from: below(from, forward), to: below(to, !forward) } };
}

const text = ({ x, y }: Point) => `${x.toFixed(1)},${y.toFixed(1)}`;
