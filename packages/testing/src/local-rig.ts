import { contractsOf, localTransport, startUnit, type Broker, type RunningUnit } from "@kerf/runtime";
import { faceOf } from "./face.ts";
import { common, groupsOf, listenAt, type Parts } from "./parts.ts";
import { repeating } from "./repeat.ts";
import type { Rig } from "./rig-options.ts";

/** Every unit in this process. */
export async function inThisProcess(parts: Parts): Promise<Rig> {
  const { graph, topology, mode, endpoints } = parts;
  const groups = groupsOf(graph);
  const contracts = contractsOf(graph);
  const units: RunningUnit[] = [];
  let broker: Broker | undefined;
  const stop = async (): Promise<void> =>
    void (await Promise.all(units.splice(0).map((unit) => unit.drain())));
  try {
    for (const unit of topology.units) {
      units.push(
        await startUnit({
          ...common(parts),
          unit,
          listen: listenAt(endpoints.get(unit.name)),
          moreGroups: groups,
          wrapBroker: (given) => {
            broker ??= given;
            return mode === "serialised" ? repeating(given) : given;
          },
          ...(mode === "serialised" && {
            everyCallRemote: true,
            endpoints: new Map([[unit.name, "here:0"]]),
            transport: (dispatch, streams) =>
              localTransport(dispatch, { serialised: true, contracts, streams }),
          }),
        }),
      );
    }
    if (broker) await parts.events.listen(broker, groups);
  } catch (error) {
    await stop();
    throw error;
  }
  const started = [...units];
  return {
    ...faceOf(
      parts,
      (service) => started[topology.units.findIndex((unit) => unit.services.includes(service))],
      () => Promise.all(started.map((u) => u.status())),
      stop,
    ),
    processes: new Map(),
    restart: async () => {
      throw new Error('only a rig in the mode "processes" can restart a unit');
    },
  };
}
