import { parentPort, workerData } from "node:worker_threads";
import { applicationOf } from "@kerf/dashboard/read";
import { contractsOf, jsonSchema, loadGraph, type Graph } from "@kerf/runtime";
import { sagaFacts } from "kerf";
import { chooseTopology, loadConfiguration } from "../configuration.ts";
import { explain } from "../explain.ts";
import type { Described, Description, Made, Wanted } from "./description.ts";
import type { JsonSchema } from "./hide.ts";

const { config, topology, what } = workerData as Wanted;

const made: { [K in keyof Described]: (graph: Graph) => Promise<Described[K]> } = {
  async description(graph): Promise<Description> {
    return { application: applicationOf(graph, chooseTopology(graph.app, topology)), sagas: sagasOf(graph) };
  },
  async openapi(graph) {
    const { openapi } = await import("@kerf/gateway");
    return JSON.stringify(openapi(contractsOf(graph), { title: graph.app.name }));
  },
  async asyncapi(graph) {
    const { asyncapi } = await import("../exports/asyncapi/document.ts");
    return JSON.stringify(asyncapi(graph));
  },
};

function sagasOf(graph: Graph): Description["sagas"] {
  return Object.fromEntries(
    [...graph.services].flatMap(([service, { definition }]) =>
      definition.sagas.map((saga) => {
        const { name, input } = sagaFacts(saga);
        return [`${service}/${name}`, jsonSchema(input, "input") as JsonSchema];
      }),
    ),
  );
}

async function answer(): Promise<Made> {
  try {
    const { app } = await loadConfiguration(config);
    return { value: await made[what](await loadGraph(app)) };
  } catch (error) {
    return { error: explain(error) };
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
parentPort!.postMessage(await answer());
