import type { Random } from "./random.ts";

/** How bad it is, per seed: each kind of fault is on or off by itself, so that every mixture comes up. */
export interface Weather {
  /** One way on the network, to the database and to the broker. */
  readonly latencyMs: number;
  /** Of messages between processes. */
  readonly slow: number;
  readonly lost: number;
  readonly replyLost: number;
  readonly repeated: number;
  /** Of statements and commits. */
  readonly connectionLost: number;
  readonly serialization: number;
  readonly unreported: number;
  /** Of publications and deliveries. */
  readonly publishLost: number;
  readonly ackLost: number;
  readonly wakeLost: number;
  /** Of calls of the bank outside. */
  readonly bankLost: number;
  /** Mean pause between two of the larger misfortunes. */
  readonly misfortuneMs: number;
  readonly misfortunes: readonly Misfortune[];
}

export type Misfortune =
  | "kill"
  | "stop"
  | "restart"
  | "partition"
  | "store crash"
  | "store cut"
  | "broker down";

const all: readonly Misfortune[] = [
  "kill",
  "stop",
  "restart",
  "partition",
  "store crash",
  "store cut",
  "broker down",
];

export function stormOf(random: Random): Weather {
  const some = (most: number): number => (random.chance(0.5) ? most * random.next() : 0);
  return {
    latencyMs: random.between(0.5, 8),
    slow: some(0.2),
    lost: some(0.15),
    replyLost: some(0.15),
    repeated: some(0.2),
    connectionLost: some(0.03),
    serialization: some(0.03),
    unreported: some(0.15),
    publishLost: some(0.3),
    ackLost: some(0.3),
    wakeLost: some(1),
    bankLost: some(0.3),
    misfortuneMs: random.between(600, 5_000),
    misfortunes: all.filter(() => random.chance(0.5)),
  };
}

/** After the storm: only distance. */
export function calm({ latencyMs }: Weather): Weather {
  return {
    latencyMs,
    slow: 0,
    lost: 0,
    replyLost: 0,
    repeated: 0,
    connectionLost: 0,
    serialization: 0,
    unreported: 0,
    publishLost: 0,
    ackLost: 0,
    wakeLost: 0,
    bankLost: 0,
    misfortuneMs: Infinity,
    misfortunes: [],
  };
}
