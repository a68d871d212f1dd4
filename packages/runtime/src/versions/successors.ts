import type { Graph } from "../graph/index.ts";

/** What each query, command and stream of an older version is today: `"catalog@1.product"` to `"catalog@2.item"`. */
export function successors(graph: Graph): ReadonlyMap<string, string> {
  return new Map(
    [...graph.services.values()]
      .flatMap(({ definition }) => definition.older)
      .flatMap(({ calls, streams }) => [...calls.values(), ...streams.values()])
      .map(({ older, current }) => [older.id, current.id]),
  );
}
