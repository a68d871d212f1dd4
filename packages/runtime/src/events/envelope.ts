import type { Actor } from "kerf";

/** A message as it travels: the attributes of CloudEvents 1.0 that matter here, and the data. */
export interface Envelope {
  readonly id: string;
  /** The member: `"orders@1.confirmed"`. */
  readonly type: string;
  /** Of the member: grows with each change of its data that needs an upcaster. 1 where absent. */
  readonly version?: number;
  /** The service that states or orders it. */
  readonly source: string;
  /** ISO 8601. */
  readonly time: string;
  readonly key: string;
  readonly traceparent: string;
  /** W3C baggage of the work that stated or ordered it. */
  readonly baggage?: string | undefined;
  /** On whose behalf; data, not authority. */
  readonly actor: Actor | undefined;
  readonly data: unknown;
  /** Of an order: the command of its sender that is told where a declared error refuses it. */
  readonly onRefused?: { readonly type: string; readonly version: number };
  /** Grows per key in commit order; set by the relay. */
  readonly sequence?: number;
}

export function encodeEnvelope(envelope: Envelope): string {
  return JSON.stringify(envelope);
}

/** Adds the sequence without parsing the rest again. */
export function withSequence(body: string, sequence: number): string {
  return `{"sequence":${sequence},${body.slice(1)}`;
}

export function decodeEnvelope(body: string): Envelope {
  return JSON.parse(body) as Envelope;
}

/** The channel of the orders to a contract; its events are on the channel that has the contract's id. */
export function commandChannel(contractId: string): string {
  return `${contractId}!commands`;
}
