import { command, contract, event } from "kerf";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { hashValue } from "../journal/hash.ts";
import { eventReader, NotForThisReplica, orderReader } from "./read-event.ts";

const kind = z.enum(["gift", "unknown"]);
const orders = contract("orders", {
  version: 1,
  placed: event({
    data: z.object({ orderId: z.string(), cents: z.int(), kind: kind.optional() }),
    key: "orderId",
    earlier: {
      1: {
        name: "bought",
        data: z.object({ id: z.string(), euros: z.int() }),
        to: ({ id, euros }) => ({ orderId: id, cents: euros * 100 }),
      },
      2: {
        data: z.object({ orderId: z.string(), cents: z.int().optional() }),
        to({ orderId, cents }) {
          if (cents === undefined) throw new Error("it never had a price");
          return { orderId, cents };
        },
      },
    },
  }),
  pay: command({
    input: z.object({ orderId: z.string(), cents: z.int() }),
    earlier: {
      1: { input: z.object({ id: z.string() }), to: ({ id }) => ({ orderId: id, cents: 0 }) },
    },
  }),
});

describe("a message of an event", () => {
  const read = eventReader(orders.placed);

  test("of today is copied, without what is not known and with what came later as unknown", () => {
    const data = { orderId: "1", cents: 5, kind: "loan", more: true };
    expect(read({ type: "orders@1.placed", version: 3, data })).toEqual({
      orderId: "1",
      cents: 5,
      kind: "unknown",
    });
  });

  test("of an earlier version, under its name of then, becomes that of today", () => {
    const data = { id: "1", euros: 5, more: true };
    expect(read({ type: "orders@1.bought", version: 1, data })).toEqual({ orderId: "1", cents: 500 });
    // What was stored before versions were.
    expect(read({ type: "orders@1.bought", data })).toEqual({ orderId: "1", cents: 500 });
    expect(data).toEqual({ id: "1", euros: 5, more: true });
    expect(read({ type: "orders@1.placed", version: 2, data: { orderId: "1", cents: 5 } })).toEqual({
      orderId: "1",
      cents: 5,
    });
  });

  test.each<[string, number, unknown, RegExp]>([
    ["placed", 2, { orderId: 1 }, /^the data of orders@1\.placed, version 2, does not fit: orderId /],
    ["placed", 3, { orderId: "1" }, /^the data of orders@1\.placed does not fit: cents /],
    [
      "placed",
      2,
      { orderId: "1" },
      /, version 2, cannot be brought to version 3: Error: it never had a price$/,
    ],
    ["placed", 1, {}, /^there is no earlier version 1 of orders@1\.placed/],
  ])("%s of version %i that cannot be read says why", (name, version, data, message) => {
    expect(() => read({ type: `orders@1.${name}`, version, data })).toThrow(message);
  });

  test("of a newer version is left to newer code, even where it would fit", () => {
    const stored = { type: "orders@1.placed", version: 4, data: { orderId: "1", cents: 5 } };
    expect(() => read(stored)).toThrow(NotForThisReplica);
    expect(() => read(stored)).toThrow("orders@1.placed is of version 4, and this process knows 3");
  });
});

describe("an order", () => {
  const read = orderReader(orders.pay);

  test("of today is given as it is, and is checked by the command", () => {
    const data = { anything: true };
    expect(read({ type: "orders@1.pay", version: 2, data })).toEqual({ input: data });
  });

  test("of an earlier version has the hash by which a replica of then has recorded it", () => {
    expect(read({ type: "orders@1.pay", version: 1, data: { id: "1", more: 1 } })).toEqual({
      input: { orderId: "1", cents: 0 },
      inputHash: hashValue({ id: "1" }),
    });
    expect(() => read({ type: "orders@1.pay", version: 3, data: {} })).toThrow(NotForThisReplica);
  });
});
