import { describe as suite, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  contract,
  describe,
  needs,
  query,
  service,
  stream,
  type Handler,
  type Input,
  type Output,
  type Sql,
} from "./index.ts";

const Tick = z.object({ n: z.int(), left: z.int().default(0) });
const clocks = contract("clocks", {
  version: 1,
  ticks: stream({
    http: "GET /ticks",
    access: "public",
    input: z.object({ after: z.int().optional() }),
    output: Tick,
    errors: { Stopped: z.object({ at: z.int() }) },
    resume: { id: "n", from: "after" },
  }),
  now: query({ output: z.object({ n: z.int() }) }),
});
const others = contract("others", { version: 1, hums: stream({ output: z.object({ tone: z.int() }) }) });
const migrations = new URL("./migrations/", import.meta.url);

test("a stream is a member with an id, a route and a way to go on", () => {
  expect(describe(clocks).members.get("ticks")).toMatchObject({
    kind: "stream",
    id: "clocks@1.ticks",
    http: "GET /ticks",
    resume: { id: "n", from: "after" },
  });
  expectTypeOf<Input<typeof clocks.ticks>>().toEqualTypeOf<{ after?: number | undefined }>();
  expectTypeOf<Output<typeof clocks.ticks>>().toEqualTypeOf<{ n: number; left: number }>();
});

test("its handler yields what an answer may be given as, and holds no connection", () => {
  const wants = needs({ database: { migrations }, uses: [others] });
  const ticks: Handler<typeof clocks.ticks, typeof wants> = async function* (
    { after },
    { read, changes, watch, fail, signal, ...rest },
  ) {
    expectTypeOf(after).toEqualTypeOf<number | undefined>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(rest).not.toHaveProperty("sql");
    expectTypeOf(rest).not.toHaveProperty("emit");
    for await (const _ of changes("a", "b")) {
      const n = await read(async (sql) => {
        expectTypeOf(sql).toEqualTypeOf<Sql>();
        return 1;
      });
      if (n > 9) throw fail("Stopped", { at: n });
      yield { n };
    }
    for await (const { tone } of watch(others.hums, {})) yield { n: tone, left: 1 };
    // @ts-expect-error -- its contract is not in uses
    watch(clocks.ticks, {});
    // @ts-expect-error -- a query is called
    watch(clocks.now, {});
  };
  // @ts-expect-error -- not an answer
  const wrong: Handler<typeof clocks.ticks, typeof wants> = async function* () {
    yield { m: 1 };
  };
  void wrong;
  const made = service(clocks, wants, { handle: { ticks, now: async () => ({ n: 1 }) } });
  expect(Object.keys(made.streams)).toEqual(["ticks"]);
  expect(Object.keys(made.handle)).toEqual(["now"]);
});

test("a service without a database reads none, and a query watches nothing", () => {
  const made = service(
    clocks,
    { uses: [others] },
    {
      handle: {
        async *ticks(_input, context) {
          expectTypeOf(context).not.toHaveProperty("read");
          expectTypeOf(context).not.toHaveProperty("changes");
          yield { n: 1 };
        },
        async now(_input, { call, ...rest }) {
          expectTypeOf(rest).not.toHaveProperty("watch");
          // @ts-expect-error -- a stream is watched
          void (() => call(others.hums, {}));
          return { n: 1 };
        },
      },
    },
  );
  expect(made.name).toBe("clocks");
});

suite("a wrong stream is refused", () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      "a route that is no GET",
      () => contract("a", { version: 1, s: stream({ http: "POST /s" as never, access: "public" }) }),
      /is a stream on POST \/s.*Use GET/,
    ],
    [
      "no access",
      () => contract("a", { version: 1, s: stream({ http: "GET /s" } as never) }),
      /has http but no access/,
    ],
    [
      "an id that is no field of an answer",
      () => stream({ output: Tick, resume: { id: "m" as "n", from: "x" as never } }),
      /"m" is not a field of its output/,
    ],
    [
      "a way on that is no field of its input",
      () => stream({ output: Tick, resume: { id: "n", from: "since" as never } }),
      /"since" is not a field of its input/,
    ],
    [
      "no handler",
      () => service(clocks, {}, { handle: { now: async () => ({ n: 1 }) } as never }),
      /handles no "ticks"/,
    ],
    [
      "two phases",
      () =>
        service(clocks, {}, {
          handle: { now: async () => ({ n: 1 }), ticks: { prepare: () => {}, handle: () => {} } },
        } as never),
      /is a stream in two phases/,
    ],
  ])("%s", (_name, make, message) => {
    expect(make).toThrow(message);
  });
});
