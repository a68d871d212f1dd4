import { command, contract, event } from "kerf";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkExamples } from "./examples.ts";

const sku = z
  .string()
  .min(2)
  .meta({ examples: ["heart", "lamp"] });

describe("examples in contracts", () => {
  test("those that fit are taken, wherever they stand", () => {
    const good = contract("good", {
      version: 1,
      order: command({
        input: z
          .object({ sku, more: z.array(sku).optional(), pieces: z.int().default(1) })
          .meta({ examples: [{ sku: "heart" }, { sku: "lamp", pieces: 3 }] }),
        output: z.object({
          id: z
            .string()
            .nullable()
            .meta({ examples: [null, "o1"] }),
        }),
        errors: { Sold: z.object({ left: z.int().meta({ examples: [0] }) }) },
      }),
      ordered: event({ data: z.object({ sku }), key: "sku" }),
    });
    expect(() => checkExamples(good)).not.toThrow();
  });

  test.each([
    [
      "a field",
      z.object({ sku: z.string().meta({ examples: [7] }) }),
      "bad@1.order.input.sku: its example 7 does not fit",
    ],
    [
      "a part of a list",
      z.object({ lines: z.array(z.object({ n: z.int().meta({ examples: [1.5] }) })) }),
      "bad@1.order.input.lines[].n: its example 1.5",
    ],
    [
      "a case",
      z.object({
        by: z.discriminatedUnion("kind", [
          z.object({
            kind: z.literal("a"),
            n: z
              .int()
              .max(3)
              .meta({ examples: [4] }),
          }),
        ]),
      }),
      "bad@1.order.input.by(case 1).n",
    ],
    [
      "a field that it does not have",
      z.object({ sku }).meta({ examples: [{ sku: "ok", color: "red" }] }),
      "bad@1.order.input: its example",
    ],
    ["what is no list", z.object({ sku: z.string().meta({ examples: "heart" }) }), "are no list"],
  ])("one with %s is refused at its place", (_, input, told) => {
    const bad = contract("bad", { version: 1, order: command({ input }) });
    expect(() => checkExamples(bad)).toThrow(told);
  });

  test("one of an event or error is looked at too", () => {
    const data = z.object({ sku: z.string(), n: z.int().meta({ examples: ["x"] }) });
    expect(() => checkExamples(contract("bad", { version: 1, e: event({ data, key: "sku" }) }))).toThrow(
      "bad@1.e.data.n",
    );
    const errors = { Sold: data };
    expect(() => checkExamples(contract("bad", { version: 1, c: command({ errors }) }))).toThrow(
      "bad@1.c.errors.Sold.n",
    );
  });
});
