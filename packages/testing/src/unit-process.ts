// The process of one unit in tests: told what to run by KERF_TEST_UNIT, drains when its parent lets go of it.
import { flushCompileCache } from "node:module";
import { contractsOf, createLog, openServer, startUnit, type LogLevel } from "@kerf/runtime";
import type { App } from "kerf";
import { arrange } from "./arrange.ts";
import { EventLog } from "./events.ts";
import type { UnitProcessOptions } from "./processes.ts";

const told = JSON.parse(process.env["KERF_TEST_UNIT"]!) as UnitProcessOptions;
const { default: app } = (await import(told.config)) as { default: App };
const { graph, topology } = await arrange(app, { name: told.name, run: told.run, topology: told.topology });
const unit = topology.units.find((candidate) => candidate.name === told.unit)!;
const endpoints = new Map(told.endpoints);
const [host, port] = endpoints.get(told.unit)!.split(":");
const contracts = contractsOf(graph);

const running = await startUnit({
  graph,
  topology,
  unit,
  endpoints,
  listen: { host: host!, port: Number(port) },
  server: await openServer({ url: told.adminUrl }),
  log: createLog({ unit: told.unit, level: told.logLevel as LogLevel }),
  settings: process.env,
  timing: told.timing,
  moreGroups: EventLog.groups(contracts, told.listener),
});

process.on("message", async (asked: { ask: string }) => {
  if (asked.ask === "status") process.send?.({ kind: "status", status: await running.status() });
});
process.on("disconnect", async () => {
  await running.drain();
  process.exit(0);
});
process.on("SIGINT", () => {});
process.send?.({ kind: "ready" });
flushCompileCache();
