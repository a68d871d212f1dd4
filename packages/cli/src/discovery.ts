import { dnsDiscovery, type Discovery } from "@kerf/runtime";
import type { Settings } from "./settings.ts";

/**
 * Finds the other units by DNS where the environment says so; undefined where it lists them. `servers`: name servers as
 * `"address:port"`; the system's where absent.
 */
export function discoveryOf({ dns }: Settings, servers?: readonly string[]): Discovery | undefined {
  if (!dns) return undefined;
  const { port, suffix } = dns;
  return dnsDiscovery({ port, host: (unit) => `${unit}${suffix}`, ...(servers ? { servers } : {}) });
}
