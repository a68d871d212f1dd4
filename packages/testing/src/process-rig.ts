import { postgresBroker, startUnit } from "@kerf/runtime";
import { randomUUID } from "node:crypto";
import { faceOf } from "./face.ts";
import { common, databaseUrl, groupsOf, listener, type Parts } from "./parts.ts";
import { startProcess } from "./processes.ts";
import type { Rig } from "./rig-options.ts";
import { Supervisor } from "./supervisor.ts";

/** Every unit in a process of its own. */
export async function inProcesses(parts: Parts): Promise<Rig> {
  const { graph, topology, options } = parts;
  const supervised = options.supervise ?? false;
  const supervisor = new Supervisor(
    (unit) =>
      startProcess({
        config: options.config!.href,
        name: parts.name,
        run: options.run,
        topology: options.topology ?? "micro",
        unit,
        endpoints: [...parts.endpoints],
        adminUrl: parts.server.adminUrl,
        settings: {
          KERF_UNIT_SECRET: parts.secret,
          KERF_REPLICA: supervised ? randomUUID() : unit,
          ...options.settings,
          ...options.settingsOf?.(unit),
        },
        timing: parts.timing,
        listener,
        logLevel: parts.logLevel,
      }),
    supervised,
  );
  await Promise.all(topology.units.map((unit) => supervisor.start(unit.name)));
  // This process hosts nothing: it only calls.
  const outside = await startUnit({
    ...common(parts),
    unit: { name: "outside", services: [], gateway: false },
    listen: undefined,
  });
  const broker = await postgresBroker({ url: await databaseUrl(parts, "broker") });
  await parts.events.listen(broker, groupsOf(graph));
  const stop = async (): Promise<void> => {
    await supervisor.drain();
    await outside.drain();
    await broker.close();
  };
  return {
    ...faceOf(
      parts,
      () => outside,
      async () => Promise.all((await supervisor.living()).map((unit) => unit.status())),
      stop,
    ),
    processes: supervisor.processes,
    restart: (unit) => supervisor.start(unit),
  };
}
