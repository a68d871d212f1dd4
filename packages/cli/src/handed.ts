import { Socket } from "node:net";
import type { Gateway } from "@kerf/gateway";
import { isSupervisorMessage } from "./dev/messages.ts";

/** Set where the supervisor listens on KERF_PORT: the connections come over the channel to it. */
export const HANDED = "KERF_HANDED";

/** Lets a gateway serve what the supervisor accepts, at the address that people know. */
export function servedByHand(gateway: Gateway, address: string): Gateway {
  const receive = (message: unknown, socket: unknown) => {
    if (!isSupervisorMessage(message) || message.kerf !== "connection") return;
    // A client may have gone away on the way here.
    if (socket instanceof Socket) gateway.accept(socket);
  };
  process.on("message", receive);
  return {
    ...gateway,
    address,
    url: `http://${address}`,
    async drain(graceMs) {
      await gateway.drain(graceMs);
      process.off("message", receive);
    },
  };
}
