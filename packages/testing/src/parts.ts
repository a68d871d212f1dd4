import type { Topology } from "kerf";
import { contractsOf, createLog, type Graph, type LogLevel, type UnitTiming } from "@kerf/runtime";
import type { TestServer } from "@kerf/runtime/testing";
import { EventLog } from "./events.ts";
import type { Mode, RigOptions } from "./rig-options.ts";

/** By which the rig hears events. */
export const listener = "rig";

/** What a rig is made of. */
export interface Parts {
  readonly options: RigOptions;
  readonly mode: Mode;
  readonly name: string;
  readonly graph: Graph;
  readonly topology: Topology;
  readonly endpoints: ReadonlyMap<string, string>;
  readonly server: TestServer;
  readonly events: EventLog;
  readonly timing: UnitTiming;
  readonly logLevel: LogLevel;
  /** By which the units know each other. */
  readonly secret: string;
}

/** What every unit of it is started with. */
export function common(parts: Parts) {
  return {
    graph: parts.graph,
    topology: parts.topology,
    endpoints: parts.endpoints,
    server: parts.server,
    log: createLog({ unit: "test", level: parts.logLevel }),
    settings: { KERF_UNIT_SECRET: parts.secret, ...parts.options.settings },
    timing: parts.timing,
    telemetry: parts.options.telemetry,
  };
}

export function groupsOf(graph: Graph) {
  return EventLog.groups(contractsOf(graph), listener);
}

/** Where to listen, from the endpoint that the others know. */
export function listenAt(address: string | undefined) {
  return address === undefined ? undefined : { host: "127.0.0.1", port: Number(address.split(":")[1]) };
}

export async function databaseUrl({ name, server }: Parts, service: string): Promise<string> {
  const database = `${name.replaceAll("-", "_")}_${service.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
  return (await server.provision([database])).get(database)!;
}
