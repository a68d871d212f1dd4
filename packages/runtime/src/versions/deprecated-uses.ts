import { describe, sagaFacts, type AnyContract } from "kerf";
import type { Graph, ServiceNode } from "../graph/index.ts";

/** A line for each service that may call what is to go. */
export function deprecatedUses(graph: Graph): readonly string[] {
  return [...graph.services.values()].flatMap((node) =>
    [...new Set(usesOf(node))].flatMap((used) => {
      const { id, members } = describe(used);
      const old = [...members].filter(([, member]) => "deprecated" in member && member.deprecated);
      if (old.length === 0) return [];
      const names = old.length === members.size ? "" : ` (${old.map(([name]) => name).join(", ")})`;
      const ends = old.map(
        ([, member]) => ("deprecated" in member && member.deprecated?.sunsetAt) || Infinity,
      );
      const end = Math.min(...ends);
      const until = end === Infinity ? "" : ` until ${new Date(end).toISOString().slice(0, 10)}`;
      return [`${node.facts.name} uses ${id}${names}, which is to go${until}.`];
    }),
  );
}

function usesOf({ definition }: ServiceNode): readonly AnyContract[] {
  return [...(definition.needs.uses ?? []), ...definition.sagas.flatMap((saga) => sagaFacts(saga).uses)];
}
