import type { Topology } from "kerf";
import type { ReplicaSpec } from "../processes.ts";
import type { Supervised } from "../supervisor.ts";
import type { Described } from "./messages.ts";

/** Counts the starts of the processes of a session, and says how each is. */
export function watchProcesses(
  topology: Topology,
  processes: readonly ReplicaSpec[],
  supervised: (process: string) => Supervised,
) {
  const starts = new Map<string, { times: number; at: number }>();
  return {
    started(name: string): void {
      starts.set(name, { times: (starts.get(name)?.times ?? 0) + 1, at: Date.now() });
    },
    describe: (): Described => ({
      units: topology.units.map(({ name, gateway, services }) => ({
        name,
        gateway: Boolean(gateway),
        services,
      })),
      processes: processes.map(({ name, unit }) => {
        const { process, ready } = supervised(name);
        const start = starts.get(name);
        return {
          name,
          unit: unit.name,
          state: process.kind,
          pid: process.pid ?? null,
          address: ready?.address ?? null,
          restarts: (start?.times ?? 1) - 1,
          startedAt: start?.at ?? null,
        };
      }),
    }),
  };
}
