import { FAULTS, type Description, type Fault, type FaultKind } from "../dev/control/protocol.ts";
import { randomOf, type Random } from "./random.ts";

/** What to do, and how long to leave the system alone before. */
export interface Step {
  readonly afterMs: number;
  readonly fault: Fault;
}

/** What the plan of a seed depends on besides. */
export type Grounds = Pick<Description, "processes" | "links" | "stored" | "database" | "leaseMs">;

/** Which kinds of faults can be done to a session. */
export function possible({ links, database, stored }: Grounds): FaultKind[] {
  const needs: Readonly<Partial<Record<FaultKind, boolean>>> = {
    database,
    backends: database,
    exhaust: database && stored.length > 0,
    duplicate: database && stored.length > 0,
    latency: links.length > 0,
    loss: links.length > 0,
    reset: links.length > 0,
    cut: links.length > 0,
  };
  return FAULTS.filter((kind) => needs[kind] ?? true);
}

/**
 * An endless plan, the same for the same seed, grounds and kinds. Every kind comes once before any comes again.
 * `forMs` is how long it will be followed: what takes longer than a quarter of that is left out.
 */
export function* plan(
  grounds: Grounds,
  { seed, forMs, kinds }: { seed: number; forMs: number; kinds: readonly FaultKind[] },
): Generator<Step, never> {
  const random = randomOf(seed);
  for (;;)
    for (const kind of random.shuffle(kinds))
      yield { afterMs: random.between(200, 1_500), fault: faultOf(kind, grounds, random, forMs) };
}

function faultOf(kind: FaultKind, grounds: Grounds, random: Random, forMs: number): Fault {
  const process = () => random.pick(grounds.processes).name;
  const link = () => random.pick(grounds.links);
  const way = () => random.pick(["to-server", "to-client"] as const);
  switch (kind) {
    case "kill":
    case "restart":
      return { kind, process: process() };
    case "pause": {
      const past = grounds.leaseMs + random.between(500, 3_000);
      const short = random.between(200, 3_000);
      const ms = random.next() < 0.5 && past <= forMs / 4 ? past : short;
      return { kind, process: process(), ms };
    }
    case "database":
      return { kind, how: random.next() < 0.7 ? "restart" : "crash" };
    case "backends":
      return { kind, most: random.between(1, 60) };
    case "exhaust": {
      const ms = random.between(500, 3_000);
      if (random.next() < 0.5) return { kind, how: "server", ms };
      return { kind, how: "pool", service: random.pick(grounds.stored), ms };
    }
    case "latency":
      return { kind, link: link(), delayMs: random.between(20, 400), ms: random.between(1_000, 5_000) };
    case "loss":
      return { kind, link: link(), way: way(), ms: random.between(500, 5_000) };
    case "reset":
      return { kind, link: link() };
    case "cut":
      return { kind, link: link(), way: way() };
    case "duplicate":
      return { kind, most: random.between(5, 100) };
  }
}
