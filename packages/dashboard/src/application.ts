import { describe, sagaFacts, type AnyMember, type Topology } from "kerf";
import { edges, jsonSchema, type Graph, type ServiceNode } from "@kerf/runtime";
import type { JsonSchema, MemberFacts } from "./api/index.ts";

/** What is known of an application before anything runs. */
export interface Application {
  readonly app: string;
  readonly topology: string;
  readonly services: readonly ServiceFacts[];
  /** Services that Kerf does not run. */
  readonly foreign: readonly string[];
  /** What the declarations allow: `event` from who states it to who is told. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly kind: "call" | "event" }[];
  /** Unit that has the gateway. */
  readonly gatewayUnit: string | null;
}

export interface ServiceFacts {
  readonly name: string;
  readonly unit: string | null;
  readonly contracts: readonly string[];
  readonly database: boolean;
  readonly members: readonly MemberFacts[];
  /** Event types that it, or one of its sagas, reacts to. */
  readonly reactsTo: readonly string[];
}

export function applicationOf(graph: Graph, topology: Topology): Application {
  const unitOf = new Map(topology.units.flatMap((unit) => unit.services.map((name) => [name, unit.name])));
  const services = [...graph.services].map(([name, node]) => ({
    name,
    unit: unitOf.get(name) ?? null,
    contracts: [...node.served.keys()],
    database: node.definition.needs.database !== undefined,
    members: membersOf(node),
    reactsTo: reactionsOf(node),
  }));
  return {
    app: graph.app.name,
    topology: topology.name,
    services,
    foreign: Object.keys(graph.app.foreign),
    edges: edges(graph, topology).map(({ from, to, kind }) => ({
      from,
      to,
      // What is sent goes the way of messages.
      kind: kind === "event" || kind === "send" ? "event" : "call",
    })),
    gatewayUnit: topology.units.find(({ gateway }) => gateway)?.name ?? null,
  };
}

function reactionsOf({ definition }: ServiceNode): string[] {
  const waited = definition.sagas.flatMap((saga) => sagaFacts(saga).waits.map(({ event }) => event.id));
  return [...new Set([...definition.react.map(({ event }) => event.id as string), ...waited])];
}

function membersOf(node: ServiceNode): ServiceFacts["members"] {
  return [...node.served.values()].flatMap((contract) =>
    [...describe(contract).members].map(([name, member]) => ({ name, ...factsOf(member) })),
  );
}

function factsOf(member: AnyMember): Omit<MemberFacts, "name"> {
  const schema = (of: Parameters<typeof jsonSchema>[0], way: "input" | "output"): JsonSchema =>
    jsonSchema(of, way) as JsonSchema;
  const { id, kind } = member;
  if (member.kind === "event") {
    const output = schema(member.data, "output");
    return {
      id,
      kind,
      docs: member.description ?? null,
      deprecated: false,
      http: null,
      access: null,
      input: null,
      output,
      errors: {},
    };
  }
  const { access } = member;
  return {
    id,
    kind,
    docs: member.description ?? null,
    deprecated: member.deprecated !== undefined,
    http: member.http ?? null,
    access: access === undefined ? null : typeof access === "function" ? "by its input" : access,
    input: schema(member.input, "input"),
    output: schema(member.output, "output"),
    errors: Object.fromEntries(
      Object.entries(member.errors).map(([code, of]) => [code, schema(of, "output")]),
    ),
  };
}

/** An application of which nothing is known but what it tells. */
export function unknownApplication(app: string, topology: string): Application {
  return { app, topology, services: [], foreign: [], edges: [], gatewayUnit: null };
}
