import { contract, query } from "kerf";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Discovery } from "../discovery/discovery.ts";
import { compileValidator } from "../validate/index.ts";
import { router } from "./router.ts";
import { newTrace } from "./trace.ts";

const stock = contract("stock", {
  version: 1,
  look: query({ input: z.object({ sku: z.string() }), output: z.object({ n: z.int() }) }),
});

/** A router to one unit whose addresses `discovery` tells, and which answers `reply`. */
function made(discovery: Discovery, reply: unknown = { n: 1 }) {
  const asked: string[] = [];
  const calls = router({
    here: new Set(),
    unitOf: (service) => (service === "stock" ? "back" : undefined),
    discovery,
    dispatch: () => Promise.reject(new Error("nothing is here")),
    transport: {
      call: async (address) => {
        asked.push(address);
        return reply;
      },
      close: async () => {},
    },
    inputValidator: (member) => compileValidator(member.input, { unknownFields: "drop", enums: "exact" }),
    replyValidator: (member) => compileValidator(member.output, { unknownFields: "drop", enums: "open" }),
  });
  const look = (input: unknown = { sku: "a" }, timeoutMs = 1_000): Promise<unknown> =>
    calls.call(
      stock.look,
      {
        member: stock.look.id,
        input,
        header: {
          id: undefined,
          deadlineAt: Date.now() + timeoutMs,
          caller: "shop",
          actor: undefined,
          via: "call",
          traceparent: newTrace(),
          retry: false,
        },
      },
      undefined,
    );
  return { asked, look };
}

const at = (...addresses: string[]): Discovery => ({
  watch: (_unit, onChange) => {
    onChange(addresses);
    return () => {};
  },
});

describe("the router", () => {
  test("takes the addresses in turn", async () => {
    const { asked, look } = made(at("a:1", "b:1"));
    for (let i = 0; i < 4; i++) await look();
    expect(asked).toEqual(["a:1", "b:1", "a:1", "b:1"]);
  });

  test("says so at once where a unit has no live address", async () => {
    await expect(made(at()).look()).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: "the unit back has no live address",
    });
  });

  test("waits for the first answer of discovery, within the deadline", async () => {
    const late: Discovery = {
      watch: (_unit, onChange) => {
        const timer = setTimeout(() => onChange(["a:1"]), 50);
        return () => clearTimeout(timer);
      },
    };
    expect(await made(late).look()).toEqual({ n: 1 });
    const never: Discovery = { watch: () => () => {} };
    await expect(made(never).look({ sku: "a" }, 60)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });

  test("refuses a reply that does not fit, and drops what it does not know", async () => {
    await expect(made(at("a:1"), { n: "one" }).look()).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringMatching(/reply of stock@1\.look does not fit .*: n /) as string,
    });
    expect(await made(at("a:1"), { n: 1, more: true }).look()).toEqual({ n: 1 });
  });

  test("refuses an input that does not fit before it leaves", async () => {
    const { asked, look } = made(at("a:1"));
    await expect(look({ sku: 1 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(asked).toEqual([]);
  });
});
