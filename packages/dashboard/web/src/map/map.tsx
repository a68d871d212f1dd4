import { useMemo } from "preact/hooks";
import type { MapView } from "../../../src/api/index.ts";
import { apiPath } from "../ask.ts";
import { useEscape } from "../keys.ts";
import { useLoaded } from "../loaded.ts";
import { WindowChoice, windowOf } from "../parts/choices.tsx";
import { Empty } from "../parts/text.tsx";
import { Ready, View } from "../parts/view.tsx";
import { setQuery } from "../route.ts";
import { Drawing } from "./drawing.tsx";
import { edgeId, graphOf } from "./graph.ts";
import { Panel } from "./panel.tsx";

export function MapPage({ search }: { search: URLSearchParams }) {
  const window = windowOf(search);
  const map = useLoaded<MapView>(apiPath("/map", { windowMs: window }), ["traces", "metrics", "topology"]);
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
            <Map map={value} node={search.get("node")} edge={search.get("edge")} />
          )
        }
      </Ready>
    </View>
  );
}

function Map({ map, node, edge }: { map: MapView; node: string | null; edge: string | null }) {
  const graph = useMemo(() => graphOf(map), [map]);
  const chosenNode = map.nodes.find(({ id }) => id === node);
  const chosenEdge = map.edges.find((one) => edgeId(one) === edge);
  useEscape(() => setQuery({ node: null, edge: null }));
  const open = chosenNode !== undefined || chosenEdge !== undefined;
  return (
    <div class={open ? "split" : "split whole"}>
      <Drawing graph={graph} node={chosenNode?.id ?? null} edge={chosenEdge ? edge : null} />
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
