import { DeclaredError, StatusError, type AnyCommand } from "kerf";
import { newTrace } from "../../packages/runtime/src/call/trace.ts";
import type { Fleet } from "./fleet.ts";
import { transfers, wallets } from "./ledger/contracts.ts";
import type { Random } from "./world/random.ts";
import type { World } from "./world/world.ts";

/** What a client knows of an operation: `unknown` is one that it gave up on without an answer. */
export interface Operation {
  readonly id: string;
  readonly member: AnyCommand;
  readonly input: Record<string, unknown>;
  readonly at: number;
  readonly tries: number;
  outcome: "ok" | "failed" | "unknown" | undefined;
}

const timeoutMs = 4_000;
const shapes = ["serial", "branches", "waits", "sleeps"] as const;

/** What clients will ask for, within `withinMs` from now. */
export function plan(world: World, random: Random, withinMs: number, patient: boolean): Operation[] {
  // They come in crowds: what is rare alone must meet.
  const crowds = Array.from({ length: 1 + random.below(4) }, () => random.between(200, withinMs));
  const account = (prefix: string): string => `${prefix}${random.below(3)}`;
  return Array.from({ length: 4 + random.below(6) }, (_, i): Operation => {
    const isTransfer = i === 0 || random.chance(0.7);
    const pence = 1 + random.below(200);
    return {
      id: `op-${i}`,
      member: isTransfer ? transfers.request : wallets.topUp,
      input: isTransfer
        ? { from: account("w"), to: account("v"), pence, shape: random.pick(shapes) }
        : { account: account("w"), pence },
      at: world.timeline.now + random.pick(crowds) + random.between(0, 60),
      tries: patient ? Infinity : 1 + random.below(6),
      outcome: undefined,
    };
  });
}

/** Carries the operations out, over the network, and writes down what the clients are told. */
export function begin(world: World, fleet: Fleet, random: Random, operations: readonly Operation[]): void {
  for (const operation of operations) world.timeline.at(operation.at, () => attempt(operation, 1));

  function attempt(operation: Operation, nth: number): void {
    let answered = false;
    const again = (): void => {
      if (answered) return;
      answered = true;
      if (nth >= operation.tries) return conclude(operation, "unknown", "");
      world.timeline.after(random.between(50, 1_500), () => attempt(operation, nth + 1));
    };
    const { ready } = fleet;
    if (ready.length === 0) return again();
    const { process, running, name } = random.pick(ready);
    const answer = (told: () => void): void => {
      if (!random.chance(world.weather.replyLost))
        world.timeline.after(world.latencyMs(), () => !answered && told());
    };
    world.trace.add(`client > ${name} ${operation.id}, try ${nth}`);
    world.timeline.after(timeoutMs, again);
    world.timeline.after(world.latencyMs(), () =>
      process.enter(() => {
        const call = {
          member: operation.member,
          input: operation.input,
          id: operation.id,
          deadlineAt: process.now() + timeoutMs,
          actor: { id: "ann" },
          traceparent: newTrace(),
          signal: new AbortController().signal,
        };
        running!.invoke(call as Parameters<NonNullable<typeof running>["invoke"]>[0]).then(
          () => answer(() => ((answered = true), conclude(operation, "ok", ""))),
          (error: unknown) =>
            answer(() => {
              if (error instanceof DeclaredError) {
                answered = true;
                return conclude(operation, "failed", error.code);
              }
              const { code, message } = error as StatusError;
              world.trace.add(`${operation.id}: ${code} ${message}`);
              if (code === "INTERNAL")
                world.violate("2 client", `${operation.id} was told INTERNAL: ${message}`);
              again();
            }),
        );
      }),
    );
  }

  function conclude(operation: Operation, outcome: NonNullable<Operation["outcome"]>, code: string): void {
    operation.outcome = outcome;
    world.trace.add(`client: ${operation.id} ${outcome} ${code}`);
  }
}
