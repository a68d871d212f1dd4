import { contractIdOf, serviceNameOf, StatusError } from "kerf";
import type { MayCall } from "../call/dispatch.ts";
import type { Router } from "../call/router.ts";
import type { Clock } from "../clock/clock.ts";
import type { TellCall } from "../telemetry/calls.ts";
import type { Graph } from "../graph/index.ts";
import { foreignClient, type ForeignClient } from "./foreign-calls.ts";

/** Sends calls of foreign contracts to their services, and all others where they went before. */
export type RouteForeign = (router: Router, tell?: TellCall) => Router;

/**
 * Opens the foreign services that some services use; undefined where that is none. They are closed with the router.
 * @throws DeclarationError for a URL or key that cannot be used
 */
export async function openForeign(
  graph: Graph,
  services: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  mayCall: MayCall,
  baggageLeaves = false,
): Promise<RouteForeign | undefined> {
  const used = new Set(services.flatMap((name) => [...graph.services.get(name)!.uses].map(serviceNameOf)));
  const wanted = Object.entries(graph.app.foreign).filter(([name]) => used.has(name));
  if (wanted.length === 0) return undefined;
  const clients = new Map<string, ForeignClient>();
  for (const [name, service] of wanted)
    clients.set(name, await foreignClient(service, environment, clock, baggageLeaves));

  return (router, tell = untold) => ({
    call(member, request, signal, now) {
      const client = clients.get(serviceNameOf(member.id));
      if (client === undefined) return router.call(member, request, signal, now);
      // There is nobody on the other side who could check it.
      const { caller } = request.header;
      if (caller !== undefined && mayCall(caller, contractIdOf(member.id)))
        return tell(member, request, (_, sent) => client.call(sent, signal), signal);
      const text = `${caller ?? "a stranger"} may not call ${member.id}`;
      return Promise.reject(new StatusError("PERMISSION_DENIED", text));
    },
    callUnit: (...given) => router.callUnit(...given),
    addressOf: (service) => router.addressOf(service),
    close() {
      router.close();
      for (const client of clients.values()) void client.close();
    },
  });
}

const untold: TellCall = (member, request, go, signal) => go(member, request, signal);
