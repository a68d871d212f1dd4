import { edges, type Edge, type Graph } from "@kerf/runtime";
import type { Topology, Unit } from "kerf";
import { command, configOption, topologyOption } from "../arguments.ts";
import { chooseTopology } from "../configuration.ts";
import { readConfiguration, readGraph } from "../load.ts";
import { standardOutput, table, type Output } from "../output.ts";

/** What a unit whose services have databases opens at most, where those and the broker's are on one server. */
const connectionsOfUnit = { services: 20, broker: 3, listener: 1 };
const CONNECTIONS_PER_UNIT = Object.values(connectionsOfUnit).reduce((sum, count) => sum + count);

export const topology = command({
  name: "topology",
  summary: "Shows which unit runs what, what crosses a process, and what the database has to bear.",
  options: { topology: topologyOption, config: configOption, json: { text: "JSON instead of text" } },
  async run(given) {
    const output = standardOutput({ json: given.json ?? false });
    const { app } = await readConfiguration(given.config);
    const chosen = chooseTopology(app, given.topology);
    const facts = factsOf(await readGraph(app), chosen);
    if (output.json) output.line(JSON.stringify(facts, undefined, 2));
    else for (const line of linesOf(facts, [...app.topologies.keys()], output)) output.line(line);
    return 0;
  },
});

interface Facts {
  readonly app: string;
  readonly topology: string;
  readonly units: readonly Unit[];
  readonly edges: readonly Edge[];
  /** At most, over one process of each unit, to one PostgreSQL server. A service's own pools are not in it. */
  readonly connections: number;
}

function factsOf(graph: Graph, { name, units }: Topology): Facts {
  const stored = units.filter((unit) =>
    unit.services.some((service) => graph.services.get(service)!.definition.needs.database),
  );
  return {
    app: graph.app.name,
    topology: name,
    units,
    edges: edges(graph, { name, units }),
    connections: CONNECTIONS_PER_UNIT * stored.length,
  };
}

const kinds: { readonly [K in Edge["kind"]]: string } = {
  call: "calls",
  saga: "saga steps",
  send: "orders sent",
  event: "events",
  foreign: "calls of foreign services",
};

function linesOf(facts: Facts, topologies: readonly string[], { paint }: Output): string[] {
  const { units } = facts;
  const others = topologies.filter((name) => name !== facts.topology);
  const runs = units.map((unit) => [
    unit.name,
    [...(unit.gateway ? ["gateway"] : []), ...unit.services].join(", "),
  ]);
  return [
    paint("bold", `${facts.app}, topology "${facts.topology}"`) +
      (others.length > 0 ? paint("dim", ` (others: ${others.join(", ")})`) : ""),
    ...table(runs).map((row) => `  ${row}`),
    "",
    ...crossing(facts).flatMap(([title, rows]) => [
      paint("bold", title),
      ...table(rows).map((row) => `  ${row}`),
      "",
    ]),
    `At most ${facts.connections} database connections: ${CONNECTIONS_PER_UNIT} for each unit that has a database ` +
      `(${connectionsOfUnit.services} for its services, ${connectionsOfUnit.broker} for events, ` +
      `${connectionsOfUnit.listener} that listens).`,
  ];
}

function crossing({ edges: all, units }: Facts): [title: string, rows: string[][]][] {
  const unitOf = (service: string) =>
    units.find((unit) => unit.services.includes(service))?.name ?? "foreign";
  return (Object.keys(kinds) as Edge["kind"][]).flatMap((kind): [string, string[][]][] => {
    const ways = all.filter((edge) => edge.kind === kind);
    const crosses = ways.filter((edge) => edge.crosses);
    if (ways.length === 0) return [];
    const rows = crosses.map(({ from, to }) => [from, "->", to, `(${unitOf(from)} -> ${unitOf(to)})`]);
    return [[`${kinds[kind]}: ${crosses.length} of ${ways.length} ways cross a process`, rows]];
  });
}
