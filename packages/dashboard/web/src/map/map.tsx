import { useMemo } from "preact/hooks";
import type { MapView, TopologyView } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { useEscape } from "../keys.ts";
import { useLoaded } from "../loaded.ts";
import { WindowChoice, windowOf } from "../parts/choices.tsx";
import { Empty } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { setQuery } from "../route.ts";
import { Drawing } from "./drawing.tsx";
import { downOf } from "./down.ts";
import { edgeId, graphOf } from "./graph.ts";
import { Panel } from "./panel.tsx";

export function MapPage({ search, hasTopology }: { search: URLSearchParams; hasTopology: boolean }) {
  const window = windowOf(search);
  const map = useLoaded<MapView>(apiPath("/map", { windowMs: window }), ["traces", "metrics", "topology"]);
  const topology = useLoaded<TopologyView>(hasTopology ? "/api/topology" : null, ["topology"]);
  return (
    <View
      title="Map"
      tools={
        <>
          <Legend />
          <span class="push">
            <WindowChoice now={window} />
          </span>
        </>
      }
    >
      <Ready of={map}>
        {(value) =>
          value.nodes.length === 0 ? (
            <Empty title="Nothing runs yet">
              <p>
                As soon as <code>kerf dev</code> has started a unit, its services stand here.
              </p>
            </Empty>
          ) : (
            <Map map={value} topology={topology.value} node={search.get("node")} edge={search.get("edge")} />
          )
        }
      </Ready>
    </View>
  );
}

interface Props {
  readonly map: MapView;
  readonly topology: TopologyView | undefined;
  readonly node: string | null;
  readonly edge: string | null;
}

function Map({ map, topology, node, edge }: Props) {
  const graph = useMemo(() => graphOf(map), [map]);
  const down = useMemo(() => downOf(topology), [topology]);
  const chosenNode = map.nodes.find(({ id }) => id === node);
  const chosenEdge = map.edges.find((one) => edgeId(one) === edge);
  useEscape(() => setQuery({ node: null, edge: null }));
  const open = chosenNode !== undefined || chosenEdge !== undefined;
  return (
    <div class={open ? "split" : "split whole"}>
      <Drawing graph={graph} down={down} node={chosenNode?.id ?? null} edge={chosenEdge ? edge : null} />
      <Panel map={map} node={chosenNode} edge={chosenEdge} />
    </div>
  );
}

function Legend() {
  return (
    <p class="legend" aria-label="Legend">
      {(["remote", "local", "event", "errors", "unused"] as const).map((kind) => (
        <span key={kind}>
          <svg width="26" height="8" class={`legend-line ${kind}`} aria-hidden="true">
            <path d="M0 4H26" />
          </svg>{" "}
          {kind}
        </span>
      ))}
    </p>
  );
}
