import type { MapEdge, MapNode, MapView } from "../../../src/api/index.ts";

/** A node with the databases that only it uses: these are shown within it, which halves what has to be laid out. */
export interface Card {
  readonly node: MapNode;
  readonly databases: readonly { readonly node: MapNode; readonly edge: MapEdge }[];
}

export interface Graph {
  /** There are so many cards that each shows less: its databases as a mark. */
  readonly compact: boolean;
  readonly cards: readonly Card[];
  readonly edges: readonly MapEdge[];
}

export function graphOf({ nodes, edges }: MapView): Graph {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const users = Map.groupBy(
    edges.filter(({ to }) => byId.get(to)?.kind === "database"),
    ({ to }) => to,
  );
  const own = [...users.values()].flatMap((all) => (all.length === 1 ? all : []));
  const inside = new Set(own.map(({ to }) => to));
  const outside = nodes.filter(({ id }) => !inside.has(id));
  return {
    compact: outside.length > ROOMY_CARDS,
    cards: outside.map((node) => ({
      node,
      databases: own
        .filter(({ from }) => from === node.id)
        .map((edge) => ({ node: byId.get(edge.to)!, edge })),
    })),
    edges: edges.filter(({ to, from }) => !inside.has(to) && byId.has(from) && byId.has(to) && from !== to),
  };
}

const ROOMY_CARDS = 20;

/** Unique among the edges: between two nodes there may be calls and events. */
export function edgeId({ from, to, kind }: MapEdge): string {
  return `${from}>${to}:${kind}`;
}
