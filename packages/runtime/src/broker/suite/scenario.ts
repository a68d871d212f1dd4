import { expect } from "vitest";
import type { Broker, BrokerProblem, Deliver, Delivered, Message } from "../broker.ts";
import { laneOf } from "../lane.ts";

export const orders = { service: "billing", channel: "orders@1" };
export const stock = { service: "search", channel: "orders@1" };

/** Everything that a subscription got, in order, and a way to wait for it. */
export class Received {
  readonly all: Delivered[] = [];
  readonly batches: number[] = [];
  readonly deliver: Deliver = async (list) => {
    this.batches.push(list.length);
    this.all.push(...list);
  };

  ids(key?: string): string[] {
    return this.all
      .filter((message) => key === undefined || message.key === key)
      .map((message) => message.id);
  }

  async until(count: number): Promise<void> {
    await eventually(() => expect(this.all.length).toBeGreaterThanOrEqual(count));
  }
}

export async function eventually(assertion: () => unknown, timeoutMs = 10_000): Promise<void> {
  await expect.poll(async () => (await assertion(), true), { timeout: timeoutMs, interval: 5 }).toBe(true);
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export function messages(
  count: number,
  { key = (i: number) => `k${i % 20}`, prefix = "m", channel = "orders@1" } = {},
): Message[] {
  return Array.from({ length: count }, (_, i) => ({
    channel,
    key: key(i),
    id: `${prefix}${i}`,
    body: `{"n":${i}}`,
  }));
}

export const batch = (list: readonly Message[], fence = 1, publisher = "orders") => ({
  publisher,
  fence,
  messages: list,
});

/** Two keys of different lanes. */
export const [apple, pear] = [
  "apple",
  ["pear", "plum", "fig"].find((key) => laneOf(key) !== laneOf("apple"))!,
] as const;

export interface Bench {
  readonly broker: Broker;
  another(): Promise<Broker>;
  readonly problems: BrokerProblem[];
}

export type Case = (bench: Bench) => Promise<void>;

/** By what they prove. */
export type Cases = Readonly<Record<string, Case>>;
