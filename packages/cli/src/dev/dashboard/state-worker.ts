import { parentPort, workerData } from "node:worker_threads";
import { loadGraph, stateByHand, type EventByHand } from "@kerf/runtime";
import { loadConfiguration } from "../../configuration.ts";

const { config, event } = workerData as { readonly config: string; readonly event: EventByHand };
const { app } = await loadConfiguration(config);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
parentPort!.postMessage(stateByHand(await loadGraph(app), event));
