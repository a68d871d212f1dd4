import type { App } from "kerf";
import type { LogLevel } from "@kerf/runtime";
import { freshName, testServer } from "@kerf/runtime/testing";
import { randomBytes } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import { arrange } from "./arrange.ts";
import { EventLog } from "./events.ts";
import { inThisProcess } from "./local-rig.ts";
import type { Parts } from "./parts.ts";
import { inProcesses } from "./process-rig.ts";
import type { Rig, RigOptions } from "./rig-options.ts";

/** Starts any subset of an application, on databases of its own. */
export async function rig(app: App, options: RigOptions = {}): Promise<Rig> {
  const mode = options.mode ?? "local";
  if (mode === "processes" && options.fakes)
    throw new Error('fakes are functions of this process: they cannot be used with mode "processes"');
  if (mode === "processes" && !options.config)
    throw new Error('mode "processes" needs config: the URL of the module whose default export is the app');
  const split = mode === "units" || mode === "processes";
  const name = freshName("t").replaceAll("_", "-");
  const wanted = {
    name,
    run: options.run,
    fakes: options.fakes,
    topology: split ? (options.topology ?? "micro") : undefined,
  };
  const [server, { graph, topology }] = await Promise.all([testServer(), arrange(app, wanted)]);
  const endpoints = new Map<string, string>();
  if (split) for (const unit of topology.units) endpoints.set(unit.name, `127.0.0.1:${await freePort()}`);
  const events = new EventLog();
  const parts: Parts = {
    options,
    mode,
    name,
    graph,
    topology,
    endpoints,
    server,
    events,
    timing: { pollMs: 500, drainMs: 5_000, ...options.timing },
    secret: randomBytes(32).toString("hex"),
    logLevel: (process.env["KERF_TEST_LOG"] as LogLevel | undefined) ?? options.logLevel ?? "silent",
  };
  return mode === "processes" ? inProcesses(parts) : inThisProcess(parts);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
