import type { EarlierVersion } from "./earlier.ts";
import type { Schema } from "./schema.ts";

/** A fact that a service states after it happened. Ordered per key towards each subscriber. */
export interface Event<Id extends string, D extends Schema> {
  readonly kind: "event";
  readonly id: Id;
  readonly data: D;
  /** The field of `data` that orders it. */
  readonly key: string;
  readonly description: string | undefined;
  /** Of its data: messages carry it. */
  readonly version: number;
  readonly earlier: readonly EarlierVersion[];
}

export type AnyEvent = Event<string, Schema>;
