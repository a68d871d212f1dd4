import type { Discovery } from "./discovery.ts";

/** Addresses that are known beforehand: unit to `"host:port"`, several separated by commas. */
export function staticDiscovery(endpoints: ReadonlyMap<string, string>): Discovery {
  return {
    watch(unit, onChange) {
      onChange((endpoints.get(unit) ?? "").split(",").filter((address) => address !== ""));
      return () => {};
    },
  };
}
