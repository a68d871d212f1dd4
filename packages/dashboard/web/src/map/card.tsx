import { useMemo } from "preact/hooks";
import type { MapNode } from "../../../src/api/index.ts";
import { duration, rate, share } from "../format.ts";
import { toneOf } from "../palette.ts";
import { withQuery } from "../route.ts";
import { fitting, widthOf } from "./fitting.ts";
import type { Card } from "./graph.ts";
import { CARD_HEIGHT, CARD_WIDTH, DATABASE_HEIGHT, type Box } from "./layout.ts";

interface CardProps {
  readonly card: Card;
  readonly compact: boolean;
  /** How its unit is, where that is not as it should be. */
  readonly down: string | undefined;
  /** From afar: how large names are drawn, and nothing else but errors. */
  readonly farText: number | null;
  readonly box: Box;
  readonly near: boolean;
  readonly chosen: string | null;
  readonly onPoint: (node: string | null) => void;
}

/** As in map.css. */
const NAME_TEXT = 12.5;
const ERRORS_TEXT = 11;
/** Beside a name. */
const ROOM = 6;

/** Where a card has its name, from the left and on which line, the mark of its tone, and its errors. */
interface Places {
  readonly left: number;
  readonly name: number;
  readonly toneLeft: number;
  readonly tone: number;
  readonly errors: number;
}
const NEAR: Places = { left: 26, name: 22, toneLeft: 10, tone: 13, errors: 22 };

/** From afar a name stands in the middle, or above the errors. */
function placesFromAfar(text: number, hasErrors: boolean): Places {
  const middle = hasErrors ? 14 : CARD_HEIGHT / 2;
  return { left: 22, name: middle + text * 0.35, toneLeft: 8, tone: middle - 5, errors: CARD_HEIGHT - 6 };
}

/** A node with its numbers, and its own databases below them. */
export function NodeCard({
  card: { node, databases },
  compact,
  down,
  farText,
  box,
  near,
  chosen,
  onPoint,
}: CardProps) {
  const { traffic } = node;
  const numbers =
    down ??
    (traffic.count === 0 ? labelOf(node) : `${rate(traffic.perSecond)}  p95 ${duration(traffic.p95Ms)}`);
  const errors = traffic.errors > 0 ? share(traffic.errors, traffic.count) : "";
  const place = farText === null ? NEAR : placesFromAfar(farText, errors !== "");
  const name = useMemo(() => {
    const taken = errors && farText === null ? widthOf(errors, ERRORS_TEXT) + ROOM : 0;
    return fitting(node.name, CARD_WIDTH - place.left - taken - ROOM, farText ?? NAME_TEXT);
  }, [node.name, errors, farText]);
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
        aria-label={`${[node.name, errors, numbers].join(" ")}, ${node.kind}${errors && " with errors"}`}
        data-chosen={chosen === node.id}
      >
        {name !== node.name && <title>{node.name}</title>}
        <rect class="card-box" width={box.width} height={box.height} rx="7" />
        <rect
          class="card-tone"
          x={place.toneLeft}
          y={place.tone}
          width="9"
          height="9"
          rx={node.kind === "service" ? 2 : 4.5}
          style={{ fill: toneFor(node) }}
        />
        <text class="card-name" x={place.left} y={place.name}>
          {name}
        </text>{" "}
        {errors && (
          <text class="card-errors" x={box.width - 10} y={place.errors}>
            {errors}
          </text>
        )}{" "}
        <text class="card-numbers" data-down={down !== undefined} x="26" y="39">
          {numbers}
        </text>
      </a>
      {databases.map((database, index) => (
        <DatabaseLink
          key={database.node.id}
          database={database.node}
          chosen={chosen === database.node.id}
          width={compact ? null : box.width}
          left={compact ? box.width - 28 - index * 18 : 0}
          top={compact ? 25 : CARD_HEIGHT + index * DATABASE_HEIGHT}
        />
      ))}
    </g>
  );
}

interface DatabaseProps {
  readonly database: MapNode;
  readonly chosen: boolean;
  /** Null where there is room for its mark only. */
  readonly width: number | null;
  readonly left: number;
  readonly top: number;
}

function DatabaseLink({ database, chosen, width, left, top }: DatabaseProps) {
  const { traffic } = database;
  const numbers =
    traffic.count === 0 ? "database" : `${rate(traffic.perSecond)}  p95 ${duration(traffic.p95Ms)}`;
  return (
    <a
      href={withQuery({ node: database.id, edge: null })}
      aria-label={`${database.name}, database ${numbers}`}
      data-chosen={chosen}
    >
      <rect
        class="base-box"
        x={left + 1}
        y={top}
        width={(width ?? 28) - 2}
        height={DATABASE_HEIGHT - 1}
        rx="6"
      />
      <ellipse class="base-mark" cx={left + 14.5} cy={top + 7} rx="4.5" ry="1.8" />
      <path class="base-mark" d={`M${left + 10} ${top + 7}v6a4.5 1.8 0 0 0 9 0v-6`} />
      {width !== null && (
        <text class="card-numbers" x={left + 26} y={top + 14}>
          {numbers}
        </text>
      )}
    </a>
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
