import { expect, test } from "vitest";
import { z } from "zod";
import { command, contract, event, query, stream, type Objective } from "./index.ts";

test("a contract promises for its queries, commands and streams; a member for itself, of each kind", () => {
  const orders = contract("orders", {
    version: 1,
    objective: { availability: 0.999, latency: { p: 0.95, within: "250ms" } },
    place: command({ objective: { latency: { p: 0.9, within: "1s" } } }),
    get: query({}),
    watch: stream({}),
    follow: stream({ objective: { availability: 0.99 } }),
    placed: event({ data: z.object({ id: z.string() }), key: "id" }),
  });
  expect(orders.get.objective).toEqual({
    availability: 0.999,
    latency: { p: 0.95, within: 0.25 },
  } satisfies Objective);
  expect(orders.place.objective).toEqual({ availability: 0.999, latency: { p: 0.9, within: 1 } });
  expect(orders.watch.objective).toEqual({ availability: 0.999, latency: undefined });
  expect(orders.follow.objective).toEqual({ availability: 0.99, latency: undefined });
  expect(orders.placed).not.toHaveProperty("objective");
  expect(orders).not.toHaveProperty("objective");
  expect(contract("orders", { version: 1, get: query({}) }).get.objective).toBeUndefined();
  const quick = { objective: { latency: { p: 0.95, within: "250ms" } } } as const;
  expect(contract("orders", { version: 1, ...quick, watch: stream({}) }).watch.objective).toBeUndefined();
});

test.each([
  [{}, ": promises nothing"],
  [{ availability: 99.9 }, ".availability: 99.9 is not a share from 0.5 to 0.99999"],
  [{ availability: 1 }, ".availability: 1 is not"],
  [{ availability: Number.NaN }, ".availability: "],
  [{ latency: { p: 0.95, within: "200ms" } }, '.latency.within: "200ms" is no time that is counted'],
  [{ latency: { p: 95, within: "250ms" } }, ".latency.p: 95 is not a share"],
  [{ latency: { p: 0.95, within: "250ms", over: "30d" } }, '.latency: has "over"'],
  [{ latency: "250ms" }, ".latency: says nothing"],
  [{ uptime: 0.9 }, ': has "uptime", which is unknown'],
  ["99.9 %", ": is no objective"],
])("what cannot be promised is refused: %j", (objective, problem) => {
  const wrong = objective as never;
  expect(() => query({ objective: wrong })).toThrow(`objective${problem}`);
  expect(() => contract("orders", { version: 1, objective: wrong, get: query({}) })).toThrow(
    `contract("orders").objective${problem}`,
  );
});

test("a time that is not counted is no type", () => {
  // @ts-expect-error there is no bound at 200 ms
  expect(() => query({ objective: { latency: { p: 0.95, within: "200ms" } } })).toThrow();
  const latency = { p: 0.95, within: "250ms" } as const;
  // @ts-expect-error when a stream answers is not counted
  expect(() => stream({ objective: { availability: 0.999, latency } })).toThrow(
    "objective: promises a latency, which is not counted of streams",
  );
});
