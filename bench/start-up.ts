/**
 * How long the shop takes from nothing to ready in one process, on a database server that runs and data that exist.
 *
 * npx node bench/start-up.ts [--rounds 5]
 */
import { createLog, loadGraph, openServer, startUnit } from "@kerf/runtime";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import shop from "../examples/shop/kerf.config.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const dataDir = mkdtempSync(join(tmpdir(), "kerf-start-up-"));
const server = await openServer({ dataDir });
const topology = shop.topologies.get("monolith")!;
try {
  for (let round = 0; round <= Number(values.rounds); round++) {
    const began = performance.now();
    const graph = await loadGraph(shop);
    const loaded = performance.now();
    const unit = await startUnit({
      graph,
      topology,
      unit: topology.units[0]!,
      endpoints: new Map(),
      listen: undefined,
      server,
      log: createLog({ unit: "bench", level: "silent" }),
      settings: {},
    });
    const ready = performance.now();
    const what = round === 0 ? "first start, databases made" : "start on existing data";
    console.log(
      `${what}: ${Math.round(ready - loaded)} ms (contracts and services loaded in ${Math.round(loaded - began)} ms)`,
    );
    await unit.drain();
  }
} finally {
  await server.close({ now: true });
  rmSync(dataDir, { recursive: true, force: true });
}
