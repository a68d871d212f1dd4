import { useMemo, useState } from "preact/hooks";
import type { MapEdge } from "../../../src/api/index.ts";
import { duration, plural, rate } from "../format.ts";
import { withQuery } from "../route.ts";
import { NodeCard } from "./card.tsx";
import { edgeId, type Graph } from "./graph.ts";
import { layoutOf, type EdgePlace } from "./layout.ts";
import { usePan } from "./pan.ts";

interface Props {
  readonly graph: Graph;
  /** Units that are not as they should be, with how they are. */
  readonly down: ReadonlyMap<string, string>;
  readonly node: string | null;
  readonly edge: string | null;
}

/** Above this, edges show their numbers only when pointed at, or the numbers would cover the drawing. */
const LABELLED_EDGES = 40;

export function Drawing({ graph, down, node, edge }: Props) {
  // What is laid out anew only where something came or went: numbers change in place.
  const shape = JSON.stringify([
    graph.cards.map((card) => [card.node.id, card.node.unit, card.databases.length]),
    graph.edges.map(edgeId),
  ]);
  const layout = useMemo(() => layoutOf(graph), [shape]);
  const { area, transform, farText, zoom, fit, onPointerDown } = usePan(
    layout.width,
    layout.height,
    layout.cards.get(node ?? ""),
  );
  const [pointed, setPointed] = useState<string | null>(null);
  const focus = pointed ?? node;
  const isNear = (one: MapEdge) =>
    edge !== null && pointed === null ? edgeId(one) === edge : one.from === focus || one.to === focus;
  const near = new Set(graph.edges.filter(isNear).flatMap(({ from, to }) => [from, to]));
  const anyFocus = focus !== null || edge !== null;

  return (
    <div class="map">
      <svg
        ref={area}
        class="map-area"
        data-focus={anyFocus}
        data-far={farText !== null}
        style={farText === null ? undefined : { "--far-text": `${farText}px` }}
        onPointerDown={onPointerDown}
        role="group"
        aria-label="Map"
      >
        <defs>
          {["plain", "bad", "unseen"].map((mood) => (
            <marker
              key={mood}
              id={`arrow-${mood}`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="8"
              markerHeight="8"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0L8 4L0 8z" class={`arrow ${mood}`} />
            </marker>
          ))}
        </defs>
        <g transform={transform} visibility={transform ? undefined : "hidden"}>
          {layout.units.map((unit) => (
            <g key={unit.name} class="map-unit">
              <rect x={unit.x} y={unit.y} width={unit.width} height={unit.height} rx="10" />
            </g>
          ))}
          {graph.edges.map((one) => (
            <Edge
              key={edgeId(one)}
              edge={one}
              place={layout.edges.get(edgeId(one))}
              near={anyFocus && isNear(one)}
              chosen={edgeId(one) === edge}
              labelled={graph.edges.length <= LABELLED_EDGES}
              below={one.to === focus ? "from" : "to"}
            />
          ))}
          {layout.units.map((unit) => (
            <text
              key={unit.name}
              class="map-unit-name"
              data-down={down.has(unit.name)}
              x={unit.x + 10}
              y={unit.y + 15}
            >
              {[unit.name, down.get(unit.name)].filter(Boolean).join(" · ")}
            </text>
          ))}
          {graph.cards.map((card) => (
            <NodeCard
              key={card.node.id}
              card={card}
              compact={graph.compact}
              down={down.get(card.node.unit ?? "")}
              farText={farText}
              box={layout.cards.get(card.node.id)!}
              near={card.node.id === focus || near.has(card.node.id)}
              chosen={node}
              onPoint={setPointed}
            />
          ))}
        </g>
      </svg>
      <div class="map-zoom">
        <button type="button" class="button" aria-label="Closer" onClick={() => zoom(1.25)}>
          +
        </button>
        <button type="button" class="button" aria-label="Farther" onClick={() => zoom(0.8)}>
          −
        </button>
        <button type="button" class="button" onClick={fit}>
          Fit
        </button>
      </div>
    </div>
  );
}

interface EdgeProps {
  readonly edge: MapEdge;
  readonly place: EdgePlace | undefined;
  readonly near: boolean;
  readonly chosen: boolean;
  readonly labelled: boolean;
  /** The card where its numbers stand, if not halfway: the one that is not pointed at, or numbers would meet. */
  readonly below: "from" | "to";
}

function Edge({ edge, place, near, chosen, labelled, below }: EdgeProps) {
  if (!place) return null;
  const label = place.label ?? place.ends[below];
  const { traffic, streams } = edge;
  const failed = traffic.errors + (streams?.errors ?? 0) > 0;
  const mood = !edge.seen ? "unseen" : failed ? "bad" : "plain";
  const width = edge.local === true ? 1 : Math.min(4, 1.6 + Math.log10(1 + traffic.perSecond) * 0.8);
  const id = edgeId(edge);
  const numbers = !edge.seen
    ? "nothing in this time"
    : streams && traffic.count === 0
      ? plural(streams.open, "stream")
      : `${rate(traffic.perSecond)}${chosen && traffic.count > 0 ? ` · p95 ${duration(traffic.p95Ms)}` : ""}`;
  return (
    <a
      href={withQuery({ edge: id, node: null })}
      class="map-edge"
      data-near={near || chosen}
      data-mood={mood}
      data-kind={edge.kind}
      data-local={edge.local === true}
      aria-label={`${edge.from} to ${edge.to}: ${numbers}`}
    >
      <path class="wide" d={place.path} />
      <path class="line" d={place.path} stroke-width={width} marker-end={`url(#arrow-${mood})`} />
      {edge.seen && (labelled || near || chosen) && (
        <text x={label.x} y={label.y} dy={place.label ? 4 : "0.8em"} text-anchor={label.anchor}>
          {numbers}
        </text>
      )}
    </a>
  );
}
