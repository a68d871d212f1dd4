import { describe, expect, test } from "vitest";
import { z } from "zod";
import { command, contract, event, saga, sagaFacts, type AnySaga } from "./index.ts";
import { refusal } from "./testing.ts";

const Id = z.object({ id: z.string() });
const payments = contract("payments", {
  version: 1,
  charge: command({ input: Id }),
  settled: event({ data: z.object({ orderId: z.string(), charge: z.string() }), key: "charge" }),
});

const spec = { version: 2, input: Id, uses: [payments], run: async () => {} };

/** Declares what the compiler would refuse. */
const declare = saga as unknown as (name: string, spec: object) => AnySaga;

describe("a saga", () => {
  test("keeps a run for each version that may still be under way", async () => {
    const ran: number[] = [];
    const { version, runs, refused, waits } = sagaFacts(
      declare("check out", {
        ...spec,
        version: 3,
        run: async () => void ran.push(3),
        older: { 1: async () => void ran.push(1), 2: async () => void ran.push(2) },
        waits: [{ event: payments.settled, correlate: "orderId" }],
      }),
    );
    expect([version, [...runs.keys()], refused]).toEqual([3, [1, 2, 3], undefined]);
    for (const run of runs.values()) await run({}, {});
    expect(ran).toEqual([1, 2, 3]);
    expect(waits).toEqual([{ event: payments.settled, correlate: "orderId" }]);
  });

  test("keeps `this` of its spec for what runs", async () => {
    const made = declare("checkout", {
      ...spec,
      limit: 7,
      async run(this: { limit: number }) {
        expect(this.limit).toBe(7);
      },
      async refused(this: { limit: number }) {
        expect(this.limit).toBe(7);
      },
    });
    await sagaFacts(made).runs.get(2)!({}, {});
    await sagaFacts(made).refused!({} as never, {});
    expect.assertions(2);
  });

  test("is told from what only looks like one", () => {
    expect(refusal(() => sagaFacts({ name: "checkout" } as AnySaga)).mend).toMatch(/what saga\(\) returns/);
  });
});

describe("a wrong saga is refused", () => {
  test.each<readonly [string, string, object, string, RegExp, RegExp]>([
    ["a name in capitals", "Checkout", {}, 'saga("Checkout")', /not a word/, /rename/],
    ["version 0", "checkout", { version: 0 }, 'saga("checkout")', /version 0/, /version: 1/],
    [
      "an input that is no object",
      "checkout",
      { input: z.string() },
      'saga("checkout")',
      /z\.object/,
      /give it one/,
    ],
    ["no run", "checkout", { run: undefined }, 'saga("checkout")', /not a function/, /async run/],
    [
      "an older run that is none",
      "checkout",
      { older: { 1: 1 } },
      'saga("checkout")',
      /not a function/,
      /async run/,
    ],
    [
      "a refused that is none",
      "checkout",
      { refused: 1 },
      'saga("checkout")',
      /not a function/,
      /async refused/,
    ],
    [
      "an older version that is newer",
      "checkout",
      { older: { 2: async () => {} } },
      'saga("checkout")',
      /older\[2\]/,
      /raise/,
    ],
    [
      "an older version 1.5",
      "checkout",
      { older: { 1.5: async () => {} } },
      'saga("checkout")',
      /older\[1\.5\]/,
      /raise/,
    ],
    [
      "an older version by name",
      "checkout",
      { older: { first: async () => {} } },
      'saga("checkout")',
      /older\[NaN\]/,
      /raise/,
    ],
    ["no uses", "checkout", { uses: undefined }, 'saga("checkout").uses', /not a list/, /list contracts/],
    ["uses twice", "checkout", { uses: [payments, payments] }, 'saga("checkout").uses', /twice/, /once/],
    [
      "waiting for a command",
      "checkout",
      { waits: [{ event: payments.charge, correlate: "id" }] },
      'saga("checkout").waits',
      /not an event/,
      /name events/,
    ],
    [
      "a correlation that is no field",
      "checkout",
      { waits: [{ event: payments.settled, correlate: "id" }] },
      'saga("checkout").waits',
      /"id" is not a field of payments@1\.settled/,
      /orderId, charge/,
    ],
  ])("%s", (_name, name, wrong, place, problem, mend) => {
    expect(refusal(() => declare(name, { ...spec, ...wrong }))).toMatchObject({
      place,
      problem: expect.stringMatching(problem) as string,
      mend: expect.stringMatching(mend) as string,
    });
  });
});
