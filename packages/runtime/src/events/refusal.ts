import { contractIdOf, type DeclaredError } from "kerf";
import { childOf } from "../call/trace.ts";
import type { OutboxMessage } from "../journal/journal.ts";
import { commandChannel, encodeEnvelope, type Envelope } from "./envelope.ts";

/** The order that tells the sender of a refused one, where it asked for that: in the sender's own name, to its own command. */
export function refusalOf(order: Envelope, error: DeclaredError, now: number): OutboxMessage | undefined {
  const { onRefused, key } = order;
  if (!onRefused) return undefined;
  const id = `${order.type}/${order.id}!refused`;
  const body = encodeEnvelope({
    id,
    ...onRefused,
    source: order.source,
    time: new Date(now).toISOString(),
    key,
    traceparent: childOf(order.traceparent),
    actor: order.actor,
    data: { id: order.id, code: error.code, data: error.data, input: order.data },
  });
  return { channel: commandChannel(contractIdOf(onRefused.type)), key, id, body };
}
