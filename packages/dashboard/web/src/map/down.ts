import type { TopologyView } from "../../../src/api/index.ts";

/** Of the units that do not run as they should: how, in two words. */
export function downOf(topology: TopologyView | undefined): ReadonlyMap<string, string> {
  const down = new Map<string, string>();
  for (const { name, processes } of topology?.units ?? []) {
    const ready = processes.filter(({ state }) => state === "ready").length;
    if (ready === processes.length) continue;
    const [first] = processes.filter(({ state }) => state !== "ready");
    down.set(name, ready === 0 ? first!.state : `${ready} of ${processes.length} ready`);
  }
  return down;
}
