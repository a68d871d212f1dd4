import { randomBytes } from "node:crypto";
import type { Topology } from "kerf";
import { SUPERVISED } from "./messages.ts";
import { freePorts } from "./ports.ts";

export interface Places {
  readonly host: string;
  /** The gateway's. */
  readonly port: number;
  readonly dataDir: string;
}

/** The environment of each unit of a topology on this machine: where it listens, and where the others do. */
export async function environments(
  topology: Topology,
  places: Places,
): Promise<Map<string, NodeJS.ProcessEnv>> {
  const { units } = topology;
  const secret = randomBytes(32).toString("hex");
  const ports = await freePorts(places.host, 2 * units.length);
  const address = (i: number) => `${places.host}:${ports[i]}`;
  // A single unit has nobody to be called by, and the gateway's own unit serves no calls.
  const listens = units.map((unit) => units.length > 1 && unit.services.length > 0);
  const endpoints = Object.fromEntries(
    units.flatMap((unit, i) => (listens[i] ? [[unit.name, address(i)]] : [])),
  );
  return new Map(
    units.map((unit, i) => [
      unit.name,
      {
        ...process.env,
        [SUPERVISED]: "1",
        KERF_ENDPOINTS: JSON.stringify(endpoints),
        KERF_DISCOVERY: "",
        KERF_DNS_PORT: "",
        KERF_DNS_SUFFIX: "",
        KERF_LISTEN: listens[i] ? address(i) : "",
        KERF_HEALTH_PORT: String(ports[units.length + i]),
        KERF_HOST: places.host,
        KERF_PORT: String(places.port),
        KERF_IDENTITY: "development",
        KERF_UNIT_SECRET: secret,
        // Nobody else can have this port: whoever had this name before is dead, and its leases are free at once.
        KERF_REPLICA: `dev-${places.port}`,
      },
    ]),
  );
}
