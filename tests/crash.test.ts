import { rig, type Rig } from "@kerf/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { accounts } from "./fixture/accounts/contract.ts";
import app from "./fixture/app.ts";
import { statements } from "./fixture/statements/contract.ts";
import { transfers } from "./fixture/transfers/contract.ts";

/** Every third is a total that the bank declines. */
const pence = (i: number): number => (i % 3 === 0 ? 116 : 100);

/** Kills a process while money moves, and counts the money afterwards. */
describe("a killed process loses nothing and repeats nothing", () => {
  let bank: Rig;
  beforeAll(async () => {
    bank = await rig(app, {
      mode: "processes",
      topology: "micro",
      config: new URL("./fixture/app.ts", import.meta.url),
      timing: { leaseMs: 1_000, pollMs: 200 },
    });
  });
  afterAll(() => bank?.stop());

  test.each(["transfers", "accounts", "statements"])("%s", async (victim) => {
    const count = 30;

    await bank.call(
      accounts.deposit,
      { account: `${victim} from`, pence: 100_000 },
      { id: `open ${victim}` },
    );
    let started = 0;
    const load = (async () => {
      for (let i = 0; i < count; i++) {
        const id = `${victim} ${i}`;
        const input = { id, from: `${victim} from`, to: `${victim} to`, pence: pence(i) };
        // The same command with the same id, until it is known to have been taken: a caller may do this safely.
        for (;;) {
          const taken = await bank.call(transfers.start, input, { id, timeoutMs: 2_000 }).then(
            () => true,
            () => false,
          );
          if (taken) break;
          await sleep(50);
        }
        started++;
      }
    })();
    await expect.poll(() => started, { timeout: 20_000 }).toBeGreaterThan(5);
    await bank.processes.get(victim)!.kill();
    await sleep(200);
    await bank.restart(victim);
    await load;
    await bank.settled({ withinMs: 60_000 });
    const moved = Array.from({ length: count }, (_, i) => pence(i))
      .filter((p) => p % 20 !== 16)
      .reduce((a, b) => a + b, 0);
    const from = await bank.call(accounts.balance, { account: `${victim} from` });
    const to = await bank.call(accounts.balance, { account: `${victim} to` });
    expect({ from: from.pence, to: to.pence }).toEqual({ from: 100_000 - moved, to: moved });
    const states = await Promise.all(
      Array.from({ length: count }, (_, i) => bank.call(transfers.state, { id: `${victim} ${i}` })),
    );
    expect(states.map((s) => s.state)).toEqual(
      Array.from({ length: count }, (_, i) => (pence(i) % 20 === 16 ? "refused" : "done")),
    );
    // Each movement is on the statements once, in the order in which it was made.
    const { numbers } = await bank.call(statements.lines, { account: `${victim} from` });
    expect(numbers).toEqual(Array.from({ length: from.movements }, (_, i) => i + 1));
  });
});
