/** One unit in this process, against a PostgreSQL that stops. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createLog, loadGraph } from "@kerf/runtime";
import { attachEmbedded } from "@kerf/runtime/embedded";
import { afterAll, expect, test } from "vitest";
import { loadConfiguration } from "../src/configuration.ts";
import { lockToRunWith } from "../src/lock.ts";
import { runUnit } from "../src/unit.ts";
import { copyApp } from "./kerf-process.ts";

const copy = copyApp();
afterAll(() => copy.remove());

test("a unit whose database is gone ends within the grace, though a request hangs", async () => {
  const dataDir = join(copy.folder, "pg");
  mkdirSync(dataDir);
  const server = await attachEmbedded({ dataDir });
  const { app, folder } = await loadConfiguration(join(copy.folder, "kerf.config.ts"));
  const graph = await loadGraph(app);
  const topology = app.topologies.get("monolith")!;
  const running = await runUnit({
    graph,
    topology,
    unit: topology.units[0]!,
    environment: { KERF_DATABASE_URL: server.url, KERF_PORT: "0" },
    dataDir,
    lock: await lockToRunWith(
      folder,
      [...graph.services.values()].map((node) => node.definition.contract),
    ),
    log: createLog({ unit: "all", level: "silent" }),
  });
  const hanging = fetch(`${running.gateway}/v1/wait`).then(
    () => "answered",
    () => "cut",
  );
  await new Promise((resolve) => setTimeout(resolve, 150));
  await server.release({ now: true });
  const since = performance.now();
  await running.drain(1_200);
  expect(performance.now() - since).toBeLessThan(1_800);
  expect(["answered", "cut"]).toContain(await hanging);
});
