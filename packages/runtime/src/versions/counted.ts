import { contractIdOf } from "kerf";
import type { Endpoint } from "../call/dispatch.ts";
import type { VersionUsage } from "./usage.ts";

/**
 * An endpoint that counts the services that still call what is old: of an earlier version than `current`, or to go. Any
 * other is left as it is. Who comes by the edge is counted there.
 */
export function counted(endpoint: Endpoint, current: string, usage: VersionUsage): Endpoint {
  const { member } = endpoint;
  if (contractIdOf(member.id) === current && member.deprecated === undefined) return endpoint;
  return {
    ...endpoint,
    run(input, header, signal) {
      if (header.caller !== undefined) usage.count(member.id, header.caller);
      return endpoint.run(input, header, signal);
    },
  };
}
