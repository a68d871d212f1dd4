import { randomBytes } from "node:crypto";
import { HANDED } from "../handed.ts";
import { telemetryOf, type DashboardPlace } from "./dashboard/keep-dashboard.ts";
import { SUPERVISED } from "./messages.ts";
import { freePorts } from "./ports.ts";
import type { ReplicaSpec } from "./processes.ts";

export interface Places {
  readonly host: string;
  /** The gateway's. */
  readonly port: number;
  readonly dataDir: string;
  /** Of the provider that this session runs, where it does. */
  readonly issuer?: string | undefined;
  /** Of the dashboard that this session runs, where it does. */
  readonly dashboard?: DashboardPlace | undefined;
}

/** The environment of each process on this machine: where it listens, and where the others do. By its name. */
export async function environments(
  processes: readonly ReplicaSpec[],
  places: Places,
): Promise<Map<string, NodeJS.ProcessEnv>> {
  const secret = randomBytes(32).toString("hex");
  const count = processes.length;
  const ports = await freePorts(places.host, 3 * count);
  const severalUnits = new Set(processes.map(({ unit }) => unit)).size > 1;
  // A single unit has nobody to be called by, and the gateway's own unit serves no calls.
  const addresses = processes.map(({ unit }, i) =>
    severalUnits && unit.services.length > 0 ? `${places.host}:${ports[i]}` : "",
  );
  const endpoints: Record<string, string> = {};
  for (const [i, { unit }] of processes.entries())
    if (addresses[i]) endpoints[unit.name] = [endpoints[unit.name], addresses[i]].filter(Boolean).join(",");
  return new Map(
    processes.map(({ name, replica }, i) => [
      name,
      {
        ...process.env,
        ...telemetryOf(places.dashboard),
        [SUPERVISED]: "1",
        KERF_ENDPOINTS: JSON.stringify(endpoints),
        KERF_DISCOVERY: "",
        KERF_DNS_PORT: "",
        KERF_DNS_SUFFIX: "",
        KERF_LISTEN: addresses[i],
        KERF_HEALTH_HOST: "",
        KERF_HEALTH_PORT: String(ports[count + i]),
        KERF_HOST: places.host,
        KERF_PORT: String(replica === 1 ? places.port : ports[2 * count + i]),
        [HANDED]: replica === 1 ? "1" : "",
        KERF_IDENTITY: "development",
        KERF_DEVELOPMENT_ISSUER: places.issuer ?? "",
        KERF_UNIT_SECRET: secret,
        // Nobody else can have this port: whoever had this name before is dead, and its leases are free at once.
        KERF_REPLICA: `dev-${places.port}${replica === 1 ? "" : `-${replica}`}`,
      },
    ]),
  );
}
