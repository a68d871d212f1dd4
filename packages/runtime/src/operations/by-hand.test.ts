import { adapt, app, command, contract, event, service } from "kerf";
import { expect, test } from "vitest";
import { z } from "zod";
import { decodeEnvelope } from "../events/envelope.ts";
import { loadGraph } from "../graph/index.ts";
import { tables } from "../unit/testing.ts";
import { stateByHand, type NotStated, type StatedByHand } from "./by-hand.ts";

const old = contract("orders", {
  version: 1,
  placed: event({ data: z.object({ id: z.string() }), key: "id" }),
});
const orders = contract("orders", {
  version: 2,
  place: command({}),
  placed: event({ data: z.object({ id: z.string(), pence: z.int().default(0) }), key: "id" }),
  split: event({ data: z.object({ id: z.string(), halves: z.int() }), key: "id" }),
});
const database = { migrations: tables("create table one (id int)") };
const graph = await loadGraph(
  app("shop", {
    services: {
      orders: async () => ({
        default: service(
          orders,
          { database },
          {
            handle: { place: async () => ({}) },
            older: [
              adapt(old, orders, {
                placed: {
                  data: ({ id, pence }) => {
                    if (pence < 0) throw new Error("the old one knows no debts");
                    return pence === 1 ? undefined : { id };
                  },
                },
              }),
            ],
          },
        ),
      }),
    },
    topologies: { all: { all: "*" } },
  }),
);

const messages = (stated: unknown) =>
  (stated as StatedByHand).messages.map(({ channel, key, body }) => {
    const { type, data, version, source } = decodeEnvelope(body);
    return { channel, key, type, data, version, source };
  });

test("an event is what its owner would state: defaults applied, and told to those who know the old version only", () => {
  const stated = stateByHand(graph, { type: "orders@2.placed", data: { id: "a" }, key: "a" });
  expect(stated).toMatchObject({
    service: "orders",
    key: "a",
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  const common = { key: "a", version: 1, source: "orders" };
  expect(messages(stated)).toEqual([
    { ...common, channel: "orders@2", type: "orders@2.placed", data: { id: "a", pence: 0 } },
    { ...common, channel: "orders@1", type: "orders@1.placed", data: { id: "a" } },
  ]);
  const { id, traceId, messages: both } = stated as StatedByHand;
  expect(both[0]!.id).toBe(id);
  expect(decodeEnvelope(both[0]!.body).traceparent).toContain(traceId);
  // The old version has not the one where its adapter says so.
  expect(messages(stateByHand(graph, { type: "orders@2.placed", data: { id: "a", pence: 1 } }))).toHaveLength(
    1,
  );
});

test.each([
  ["an event of nobody", { type: "carts@1.opened", data: {} }, /no event "carts@1\.opened"/, []],
  ["a command", { type: "orders@2.place", data: {} }, /no event/, []],
  ["a name without a member", { type: "orders", data: {} }, /no event/, []],
  ["a name of the language's own", { type: "__proto__", data: {} }, /no event/, []],
  ["no data", { type: "orders@2.placed", data: undefined }, /does not fit/, [""]],
  [
    "wrong data",
    { type: "orders@2.split", data: { id: 1, halves: "2", more: 0 } },
    /does not fit/,
    ["id", "halves", "more"],
  ],
  [
    "another key",
    { type: "orders@2.placed", data: { id: "a" }, key: "b" },
    /"a" in the data, and not "b"/,
    ["id"],
  ],
  ["what an adapter fails on", { type: "orders@2.placed", data: { id: "a", pence: -1 } }, /no debts/, []],
])("%s is refused", (_, given, why, paths) => {
  const refused = stateByHand(graph, given) as NotStated;
  expect(refused.refused).toMatch(why);
  expect(refused.violations.map(({ path }) => path).toSorted()).toEqual(paths.toSorted());
});
