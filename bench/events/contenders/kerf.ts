import { createLog, loadGraph, newTrace, openServer, startUnit, type RunningUnit } from "@kerf/runtime";
import type { Contender, Databases } from "../contender.ts";
import { events, source } from "../kerf/app.ts";

async function start(
  { adminUrl, name }: Databases,
  which: "source" | "sink",
  handled: (id: number) => void,
): Promise<RunningUnit> {
  const declared = events(name.replaceAll("_", "-"), handled);
  const topology = declared.topologies.get("split")!;
  return startUnit({
    graph: await loadGraph(declared),
    topology,
    unit: topology.units.find((unit) => unit.name === which)!,
    endpoints: new Map(),
    listen: undefined,
    server: await openServer({ url: adminUrl }),
    log: createLog({ unit: which, level: "warn" }),
    settings: { NODE_ENV: "production", KERF_UNIT_SECRET: "0".repeat(64) },
  });
}

const ignore = (): void => {};
const TEXT = "x".repeat(200);

/** A command that is recorded by its id, and a reaction in another process with a database of its own. */
export default {
  async prepare(databases) {
    await (await start(databases, "source", ignore)).drain();
  },
  async produce(databases) {
    const unit = await start(databases, "source", ignore);
    return {
      async emit(id) {
        await unit.callAs("source", {
          member: source.make,
          input: { id, text: TEXT },
          id: String(id),
          deadlineAt: Date.now() + 30_000,
          actor: undefined,
          traceparent: newTrace(),
          signal: AbortSignal.timeout(30_000),
        });
      },
      close: () => unit.drain(),
    };
  },
  async consume(databases, handled) {
    const unit = await start(databases, "sink", handled);
    return { close: () => unit.drain() };
  },
} satisfies Contender;
