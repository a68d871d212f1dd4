import type { OutboxMessage } from "../journal/journal.ts";
import { failureOf } from "./failure.ts";
import type { Attributes, SpanType, Telemetry } from "./telemetry.ts";

/** What is told of one message. */
export interface AboutMessage {
  /** The service that publishes or handles it. */
  readonly service: string;
  /** `"orders@1.placed"` */
  readonly type: string;
  readonly id: string;
  readonly key: string;
  readonly bytes: number;
  /** W3C trace context of the work that stated or ordered it. */
  readonly cause: string;
}

/** A message as one process handles it, for the `attempt`-th time in a row. */
export interface AboutDelivery extends AboutMessage {
  readonly attempt: number;
}

function messageAttributes({ type, id, key, bytes }: AboutMessage): Attributes {
  return {
    "messaging.system": "kerf",
    "messaging.destination.name": type,
    "messaging.message.id": id,
    "messaging.message.body.size": bytes,
    "kerf.member": type,
    "kerf.key": key,
  };
}

const publishing: SpanType<AboutMessage> = {
  kind: "producer",
  service: ({ service }) => service,
  name: ({ type }) => `publish ${type}`,
  attributes: (about) => ({ ...messageAttributes(about), "messaging.operation.type": "send" }),
};

export const delivering: SpanType<AboutDelivery> = {
  kind: "consumer",
  service: ({ service }) => service,
  name: ({ type }) => `process ${type}`,
  attributes: (about) => ({
    ...messageAttributes(about),
    "messaging.operation.type": "process",
    "messaging.consumer.group.name": about.service,
    "kerf.attempt": about.attempt,
  }),
  cause: ({ cause }) => cause,
};

/** Publishes with a span for each message, in the trace of what stated it. */
export async function withPublishing(
  telemetry: Telemetry,
  service: string,
  messages: readonly OutboxMessage[],
  publish: () => Promise<unknown>,
): Promise<void> {
  const spans = messages.flatMap((message) => {
    const about = read(service, message);
    return about ? [telemetry.begin(publishing, about, about.cause)] : [];
  });
  try {
    await publish();
    for (const span of spans) span.end();
  } catch (error) {
    const failure = failureOf(error);
    for (const span of spans) span.end(failure);
    throw error;
  }
}

/**
 * Reads an envelope where only two words of it are wanted: a relay does not parse what it sends. Inside of texts every
 * quote is escaped, so what is found is a field.
 */
function read(service: string, { key, id, body }: OutboxMessage): AboutMessage | undefined {
  // An order that tells of its refusal names another type first.
  const type = after(body, `"id":${JSON.stringify(id)},"type":"`);
  const cause = after(body, '"traceparent":"');
  if (type === undefined || cause === undefined) return undefined;
  return { service, type, id, key, bytes: Buffer.byteLength(body), cause };
}

function after(body: string, found: string): string | undefined {
  const start = body.indexOf(found);
  if (start < 0) return undefined;
  const from = start + found.length;
  return body.slice(from, body.indexOf('"', from));
}
