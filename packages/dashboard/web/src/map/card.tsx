import type { MapNode } from "../../../src/api.ts";
import { duration, rate, share } from "../format.ts";
import { toneOf } from "../palette.ts";
import { withQuery } from "../route.ts";
import type { Card } from "./graph.ts";
import { CARD_HEIGHT, DATABASE_HEIGHT, type Box } from "./layout.ts";

interface CardProps {
  readonly card: Card;
  readonly box: Box;
  readonly near: boolean;
  readonly chosen: string | null;
  readonly onPoint: (node: string | null) => void;
}

/** A node with its numbers, and its own databases below them. */
export function NodeCard({ card: { node, databases }, box, near, chosen, onPoint }: CardProps) {
  const { traffic } = node;
  return (
    <g
      class="map-card"
      data-kind={node.kind}
      data-near={near}
      transform={`translate(${box.x} ${box.y})`}
      onPointerEnter={() => onPoint(node.id)}
      onPointerLeave={() => onPoint(null)}
    >
      <a
        href={withQuery({ node: node.id, edge: null })}
        aria-label={`${node.name}, ${node.kind}`}
        data-chosen={chosen === node.id}
      >
        <rect class="card-box" width={box.width} height={box.height} rx="7" />
        <rect
          class="card-tone"
          x="10"
          y="13"
          width="9"
          height="9"
          rx={node.kind === "service" ? 2 : 4.5}
          style={{ fill: toneFor(node) }}
        />
        <text class="card-name" x="26" y="22">
          {clipped(node.name, 18)}
        </text>
        <text class="card-numbers" x="26" y="39">
          {traffic.count === 0 ? labelOf(node) : `${rate(traffic.perSecond)}  p95 ${duration(traffic.p95Ms)}`}
        </text>
        {traffic.errors > 0 && (
          <text class="card-errors" x={box.width - 10} y="22">
            {share(traffic.errors, traffic.count)}
          </text>
        )}
      </a>
      {databases.map(({ node: database }, index) => {
        const top = CARD_HEIGHT + index * DATABASE_HEIGHT;
        return (
          <a
            key={database.id}
            href={withQuery({ node: database.id, edge: null })}
            aria-label={`${database.name}, database`}
            data-chosen={chosen === database.id}
          >
            <rect class="base-box" x="1" y={top} width={box.width - 2} height={DATABASE_HEIGHT - 1} rx="6" />
            <ellipse class="base-mark" cx="14.5" cy={top + 7} rx="4.5" ry="1.8" />
            <path class="base-mark" d={`M10 ${top + 7}v6a4.5 1.8 0 0 0 9 0v-6`} />
            <text class="card-numbers" x="26" y={top + 14}>
              {database.traffic.count === 0
                ? "database"
                : `${rate(database.traffic.perSecond)}  p95 ${duration(database.traffic.p95Ms)}`}
            </text>
          </a>
        );
      })}
    </g>
  );
}

function toneFor(node: MapNode): string {
  return node.kind === "service" ? toneOf(node.name) : "var(--faint)";
}

const KIND_NAMES: { readonly [kind in MapNode["kind"]]: string } = {
  client: "who calls from outside",
  gateway: "gateway",
  service: "no traffic",
  database: "database",
  broker: "broker",
  foreign: "foreign service",
};
const labelOf = (node: MapNode) => KIND_NAMES[node.kind];
const clipped = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
