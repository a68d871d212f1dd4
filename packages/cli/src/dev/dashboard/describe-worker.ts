import { parentPort, workerData } from "node:worker_threads";
import { applicationOf } from "@kerf/dashboard";
import { loadGraph } from "@kerf/runtime";
import { chooseTopology, loadConfiguration } from "../../configuration.ts";

const { config, topology } = workerData as { readonly config: string; readonly topology: string };
const { app } = await loadConfiguration(config);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
parentPort!.postMessage(applicationOf(await loadGraph(app), chooseTopology(app, topology)));
