import { createLog, loadGraph, newTrace, openServer, startUnit } from "@kerf/runtime";
import type { Contender } from "../contender.ts";
import { sagas, starts } from "../kerf/app.ts";

/** A saga whose steps are commands of another service with a database of its own: recorded on both sides, and undoable. */
export default {
  async open({ adminUrl, name }) {
    const waiting = new Map<number, () => void>();
    const declared = sagas(name.replaceAll("_", "-"), (id) => {
      waiting.get(id)?.();
      waiting.delete(id);
    });
    const topology = declared.topologies.get("monolith")!;
    const unit = await startUnit({
      graph: await loadGraph(declared),
      topology,
      unit: topology.units[0]!,
      endpoints: new Map(),
      listen: undefined,
      server: await openServer({ url: adminUrl }),
      log: createLog({ unit: "bench", level: "warn" }),
      settings: { NODE_ENV: "production" },
    });
    return {
      async run(id) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.set(id, resolve);
        await unit.callAs("starts", {
          member: starts.begin,
          input: { id },
          id: String(id),
          deadlineAt: Date.now() + 30_000,
          actor: undefined,
          traceparent: newTrace(),
          signal: AbortSignal.timeout(30_000),
        });
        await promise;
      },
      // Waits for the sagas at work to record their ends.
      close: () => unit.drain(),
    };
  },
} satisfies Contender;
