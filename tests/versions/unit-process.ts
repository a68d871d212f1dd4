// One unit of one source tree in a process of its own: told what to run by its arguments, called by messages.
import { createLog, loadGraph, newTrace, openServer, startUnit } from "@kerf/runtime";
import { describe, serviceNameOf, type App } from "kerf";

const [config, unitName, adminUrl] = process.argv.slice(2) as [string, string, string];
const { default: app } = (await import(config)) as { default: App };
const graph = await loadGraph(app);
const topology = app.topologies.values().next().value!;
const server = await openServer({ url: adminUrl });
const unit = await startUnit({
  graph,
  topology,
  unit: topology.units.find(({ name }) => name === unitName)!,
  endpoints: new Map(),
  listen: undefined,
  server,
  log: createLog({ unit: unitName, level: "error" }),
  settings: process.env,
  timing: { leaseMs: 1_500, pollMs: 200, drainMs: 3_000 },
});

interface Asked {
  readonly member: string;
  readonly input: unknown;
}

process.on("message", ({ member: name, input }: Asked) => {
  const service = serviceNameOf(`${unitName}@1`);
  const member = describe(graph.services.get(service)!.definition.contract).members.get(name);
  if (member?.kind !== "command") throw new Error(`${service} has no command ${name}`);
  const call = {
    member,
    input,
    id: undefined,
    deadlineAt: Date.now() + 10_000,
    actor: undefined,
    traceparent: newTrace(),
    signal: new AbortController().signal,
  };
  unit.callAs(service, call).then(
    () => process.send?.({ done: true }),
    (error: unknown) => process.send?.({ done: false, error: String(error) }),
  );
});
process.on("disconnect", async () => {
  await unit.drain();
  process.exit(0);
});
process.on("SIGINT", () => {});
process.send?.({ ready: true });
