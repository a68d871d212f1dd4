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
  readonly edges: ReadonlyMap<string, { readonly path: string; readonly label: Point }>;
}

const CARD_WIDTH = 176;
export const CARD_HEIGHT = 50;
export const DATABASE_HEIGHT = 22;
const MARGIN = 24;
const UNIT_HEAD = 22;

/** In layers from left to right, in the direction of the calls. The same graph always gives the same layout. */
export function layoutOf({ cards, edges }: Graph): Layout {
  const graph = new LayoutGraph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 22, ranksep: 84, edgesep: 12, marginx: MARGIN, marginy: MARGIN });
  const units = groupsOf(cards);
  for (const unit of units) graph.setNode(`unit:${unit}`, {});
  for (const { node, databases } of cards) {
    const height = CARD_HEIGHT + databases.length * DATABASE_HEIGHT;
    graph.setNode(node.id, { width: CARD_WIDTH, height });
    if (node.unit !== null && units.has(node.unit)) graph.setParent(node.id, `unit:${node.unit}`);
  }
  const brokers = new Set(cards.filter(({ node }) => node.kind === "broker").map(({ node }) => node.id));
  // Whoever is told stands before the broker too: it is at the end, and no call has to go around it.
  const isTurned = (edge: Graph["edges"][number]) => brokers.has(edge.from);
  const turned = new Set(edges.filter(isTurned).map(edgeId));
  for (const edge of edges)
    graph.setEdge(
      isTurned(edge) ? edge.to : edge.from,
      isTurned(edge) ? edge.from : edge.to,
      { width: 52, height: 14, labelpos: "c", weight: edge.kind === "event" ? 1 : 3 },
      edgeId(edge),
    );
  layout(graph);

  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height: height + UNIT_HEAD,
    cards: new Map(cards.map(({ node }) => [node.id, boxOf(graph.node(node.id) as Box)])),
    units: [...units].map((name) => {
      const box = boxOf(graph.node(`unit:${name}`) as Box);
      return { ...box, name, y: box.y - UNIT_HEAD / 2, height: box.height + UNIT_HEAD / 2 };
    }),
    edges: new Map(
      graph.edges().map((edge) => {
        const { points, x, y } = graph.edge(edge) as unknown as { points: Point[] } & Point;
        return [
          edge.name!,
          { path: curve(turned.has(edge.name!) ? points.toReversed() : points), label: { x, y } },
        ];
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

/** Through the middles of a polyline's parts, rounded at its corners. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first || rest.length === 0) return "";
  let path = `M${text(first)}`;
  for (let index = 0; index < rest.length - 1; index++) {
    const [corner, next] = [rest[index]!, rest[index + 1]!];
    const isLast = index === rest.length - 2;
    const end = isLast ? next : { x: (corner.x + next.x) / 2, y: (corner.y + next.y) / 2 };
    path += `Q${text(corner)} ${text(end)}`;
  }
  return rest.length === 1 ? `${path}L${text(rest[0]!)}` : path;
}

const text = ({ x, y }: Point) => `${x.toFixed(1)},${y.toFixed(1)}`;
