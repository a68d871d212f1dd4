import { begin, plan } from "./clients.ts";
import { checkAtRest, unfinished, type Checked } from "./check.ts";
import { Fleet } from "./fleet.ts";
import { ledger } from "./ledger/services.ts";
import { heal, storm } from "./misfortunes.ts";
import type { Mutant } from "./mutants.ts";
import { Observer } from "./observe.ts";
import { Random } from "./world/random.ts";
import { World } from "./world/world.ts";

export interface SimulationOptions {
  readonly mutant?: Mutant;
  readonly topology?: "monolith" | "split";
  /** Clients that repeat until they know, and sagas that are never given up: the end does not depend on chance. */
  readonly patient?: boolean;
}

export interface Simulated {
  readonly seed: number;
  readonly violations: readonly string[];
  /** Of everything that happened. */
  readonly hash: string;
  /** Of what the services keep at the end. */
  readonly ending: string;
  readonly events: number;
  readonly commits: number;
  readonly repeats: number;
  readonly simulatedMs: number;
  tail(lines: number): readonly string[];
}

/** After the storm everything comes to rest within this, or never. */
const restMs = 15 * 60_000;

/** One run: a storm, then calm until everything rests; what must be true is checked meanwhile and then. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Simulated> {
  const world = new World(seed);
  const random = new Random(seed, "plan");
  const mutation = options.mutant?.mutation ?? {};
  mutation.log?.(world.log);
  const observer = new Observer(world);
  const { app, bank } = ledger(world);
  const stormMs = random.between(2_000, 10_000);
  const leaseMs = random.between(1_000, 5_000);
  const isImpatient = random.chance(0.4);
  const isSplit = random.chance(0.6);
  const fleet = await Fleet.of(world, app, {
    topology: options.topology ?? (isSplit ? "split" : "monolith"),
    replicas: 2,
    named: random.chance(0.5),
    everyCallRemote: options.mutant?.everyCallRemote ?? random.chance(0.2),
    mutation,
    timing: {
      leaseMs,
      pollMs: 2_000,
      giveUpMs: 4_000,
      drainMs: 4_000,
      sagas: {
        tryMs: random.between(300, 3_000),
        memoryMs: 2_000,
        ...(isImpatient && !options.patient ? { stepMs: random.between(100, 4_000) } : {}),
      },
    },
  });
  const operations = plan(world, random, stormMs, options.patient ?? false);
  const checked: Checked = { world, bank, observer, operations };
  const over = world.timeline.now + stormMs;
  const started = world.timeline.now;
  fleet.start();
  begin(world, fleet, new Random(seed, "clients"), operations);
  storm(
    world,
    fleet,
    new Random(seed, "misfortunes"),
    over,
    operations.map((operation) => operation.at),
  );
  const unhandled = (error: unknown): void => {
    world.violate(
      "unhandled rejection",
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  };
  process.on("unhandledRejection", unhandled);
  try {
    await world.timeline.run(() => world.timeline.now >= over || world.violations.length > 0);
    heal(world, fleet);
    let lookAt = 0;
    let left: string | undefined = "";
    await world.timeline.run(() => {
      if (world.violations.length > 0) return true;
      if (world.timeline.now < lookAt) return false;
      lookAt = world.timeline.now + 500;
      left = unfinished(checked);
      return left === undefined || world.timeline.now > over + restMs;
    });
    if (world.violations.length === 0) {
      if (left !== undefined) world.violate("7 pending", `it never came to rest: ${left}`);
      checkAtRest(checked);
    }
  } finally {
    process.off("unhandledRejection", unhandled);
  }
  return {
    seed,
    violations: world.violations,
    hash: world.trace.hash,
    ending: ending(world),
    events: world.timeline.events,
    commits: observer.commits,
    repeats: observer.repeats,
    simulatedMs: world.timeline.now - started,
    tail: (lines) => world.trace.tail(lines),
  };
}

/** What the services keep: the same in every topology where nobody was impatient. */
function ending(world: World): string {
  const parts = [
    ["wallets", "account"],
    ["vault", "account"],
    ["transfers", "transfer"],
  ] as const;
  return parts
    .flatMap(([service, table]) =>
      [...world.store(service).table(table)].map(([key, row]) => `${service} ${key} ${JSON.stringify(row)}`),
    )
    .toSorted()
    .join("\n");
}
