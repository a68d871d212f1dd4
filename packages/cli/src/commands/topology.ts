import { edges, loadGraph, type Edge, type Graph } from "@kerf/runtime";
import type { Topology } from "kerf";
import { command, configOption, topologyOption } from "../arguments.ts";
import { chooseTopology, loadConfiguration } from "../configuration.ts";
import { standardOutput, table, type Output } from "../output.ts";

/** Connections of a unit to a PostgreSQL server: the budget that the runtime keeps. */
const CONNECTIONS_PER_UNIT = 20;

export const topology = command({
  name: "topology",
  summary: "Shows which unit runs what, which calls and events cross a process, and what the database has to bear.",
  options: { topology: topologyOption, config: configOption, json: { text: "JSON instead of text" } },
  async run(given) {
    const output = standardOutput({ json: given.json ?? false });
    const { app } = await loadConfiguration(given.config);
    const chosen = chooseTopology(app, given.topology);
    const graph = await loadGraph(app);
    const facts = factsOf(graph, chosen);
    if (output.json) output.line(JSON.stringify(facts, undefined, 2));
    else for (const line of linesOf(facts, [...app.topologies.keys()], output)) output.line(line);
    return 0;
  },
});
