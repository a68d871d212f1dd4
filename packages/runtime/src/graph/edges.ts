import { describe, sagaFacts, serviceNameOf, type AnyContract, type Topology } from "kerf";
import type { Graph, ServiceNode } from "./graph.ts";

/** A way that something may go from one service to another. */
export interface Edge {
  /** The service that calls or sends, or states the event. */
  readonly from: string;
  /** The service that answers, or is told. */
  readonly to: string;
  readonly kind: "call" | "event" | "send" | "saga" | "foreign";
  /** Whether the two are in different units. */
  readonly crosses: boolean;
}

/**
 * Every way between two services that the declarations allow, once per kind, in the order of the app. `uses` permits
 * calls of queries (and of commands, where the caller has no database) and sending to commands.
 */
export function edges(graph: Graph, topology: Topology): readonly Edge[] {
  const unitOf = new Map(topology.units.flatMap((unit) => unit.services.map((name) => [name, unit.name])));
  const found = new Map<string, Edge>();
  const add = (kind: Edge["kind"], from: string, to: string): void => {
    if (from !== to)
      found.set(`${kind} ${from} ${to}`, { from, to, kind, crosses: unitOf.get(from) !== unitOf.get(to) });
  };
  for (const [name, node] of graph.services) {
    for (const contract of node.definition.needs.uses ?? []) {
      if (Object.hasOwn(graph.app.foreign, describe(contract).name)) {
        add("foreign", name, describe(contract).name);
        continue;
      }
      for (const kind of waysTo(contract, node)) add(kind, name, describe(contract).name);
    }
    for (const saga of node.definition.sagas)
      for (const contract of sagaFacts(saga).uses) add("saga", name, describe(contract).name);
    for (const id of node.reactsTo) add("event", serviceNameOf(id), name);
  }
  return [...found.values()];
}

function waysTo(contract: AnyContract, from: ServiceNode): readonly ("call" | "send")[] {
  const kinds = new Set([...describe(contract).members.values()].map((member) => member.kind));
  const stored = from.definition.needs.database !== undefined;
  const called = kinds.has("query") || (!stored && kinds.has("command"));
  const sent = stored && kinds.has("command");
  return [...(called ? (["call"] as const) : []), ...(sent ? (["send"] as const) : [])];
}
