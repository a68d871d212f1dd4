import { databaseFaults, followWork } from "@kerf/runtime/faults";
import type { Topology } from "kerf";
import type { Configuration } from "../../configuration.ts";
import type { ReplicaSpec } from "../processes.ts";
import type { Supervised } from "../supervisor.ts";
import type { ControlledSession } from "./chaos-control.ts";
import { openLinks, type Links } from "./links.ts";

export interface ControlledOptions {
  readonly configuration: Configuration;
  readonly topology: Topology;
  readonly dataDir: string;
  readonly adminUrl: string | undefined;
  readonly processes: readonly ReplicaSpec[];
  /** Of each process, as it is started where nothing stands between. */
  readonly environment: ReadonlyMap<string, NodeJS.ProcessEnv>;
  readonly supervised: (process: string) => Supervised;
}

export interface Controlled {
  readonly session: ControlledSession;
  /** What a process is to be started with now. */
  environmentOf(process: string): NodeJS.ProcessEnv;
  close(): Promise<void>;
}

/** What is in flight when a unit is restarted gets this long. */
const RESTART_GRACE_MS = 2_000;

/** A session, as the control socket sees it. */
export function controlled(options: ControlledOptions): Controlled {
  const { configuration, topology, dataDir, adminUrl, processes, environment, supervised } = options;
  const app = configuration.app.name;
  let interposed: Promise<Links> | undefined;
  let links: Links | undefined;
  let stored: readonly string[] = [];

  const session: ControlledSession = {
    describe: () => ({
      app,
      topology: topology.name,
      folder: configuration.folder,
      gateway: gateway(),
      leaseMs: leaseOf([...environment.values()][0]!),
      stored,
      processes: processes.map(({ name, unit }) => {
        const { process, ready } = supervised(name);
        return {
          name,
          unit: unit.name,
          services: unit.services,
          pid: process.pid,
          ready: process.kind === "ready",
          health: ready?.health,
          address: ready?.address,
        };
      }),
    }),
    database: adminUrl === undefined ? undefined : databaseFaults({ dataDir, url: adminUrl, app }),
    interpose: () => (interposed ??= interpose()),
    restart: (name) => supervised(name).process.restart(RESTART_GRACE_MS),
    forgive: (name) => supervised(name).process.forgive(),
    async followWork(name) {
      const services = storedBy(name);
      if (adminUrl === undefined || services.length === 0) return undefined;
      const replica = environment.get(name)!["KERF_REPLICA"]!;
      try {
        return await followWork({ url: adminUrl, app, services, replica });
      } catch {
        return undefined;
      }
    },
  };

  function storedBy(name: string): string[] {
    const { unit } = processes.find((one) => one.name === name)!;
    return unit.services.filter((service) => stored.includes(service));
  }

  async function interpose(): Promise<Links> {
    stored = (await session.database?.stored(Object.keys(configuration.app.services))) ?? [];
    links = await openLinks({
      environments: environment,
      databaseUrl: adminUrl,
      usesDatabase: (name) => storedBy(name).length > 0,
    });
    for (const { name } of processes) session.restart(name);
    return links;
  }

  function gateway(): string | undefined {
    for (const { name, replica } of processes) {
      const url = replica === 1 ? supervised(name).ready?.gateway : undefined;
      if (url !== undefined) return url;
    }
    return undefined;
  }

  return {
    session,
    environmentOf: (name) => {
      const direct = environment.get(name)!;
      return links?.environment(name, direct) ?? direct;
    },
    close: async () => links?.close(),
  };
}

function leaseOf(environment: NodeJS.ProcessEnv): number {
  return Number(environment["KERF_LEASE_MS"] || 30_000);
}
