import { Resolver } from "node:dns/promises";
import type { Discovery } from "./discovery.ts";

/**
 * Addresses by DNS: a unit is a host name (a headless Kubernetes service, say) whose A and AAAA records are its
 * replicas. Asked again every `everyMs` (default 5,000); a failed look-up keeps what was known.
 */
export function dnsDiscovery(options: {
  readonly port: number;
  /** Makes the host name of a unit; the unit's name where absent. */
  readonly host?: (unit: string) => string;
  readonly everyMs?: number;
  /** Name servers as `"address:port"`; the system's where absent. */
  readonly servers?: readonly string[];
}): Discovery {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  if (options.servers) resolver.setServers(options.servers);
  return {
    watch(unit, onChange) {
      const host = options.host?.(unit) ?? unit;
      let known: string | undefined;
      let asked = 0;
      let answered = 0;
      let stopped = false;
      const look = async (): Promise<void> => {
        const turn = ++asked;
        const [v4, v6] = await Promise.all([
          resolver.resolve4(host).catch(() => undefined),
          resolver.resolve6(host).catch(() => undefined),
        ]);
        // An answer that was overtaken by a later one is old.
        if (stopped || turn < answered) return;
        answered = turn;
        if (!v4 && !v6 && known !== undefined) return;
        const found = [...(v4 ?? []), ...(v6 ?? []).map((a) => `[${a}]`)]
          .map((a) => `${a}:${options.port}`)
          .toSorted();
        if (found.join() === known) return;
        known = found.join();
        onChange(found);
      };
      void look();
      const timer = setInterval(() => void look(), options.everyMs ?? 5_000);
      timer.unref();
      return () => {
        stopped = true;
        clearInterval(timer);
      };
    },
  };
}
