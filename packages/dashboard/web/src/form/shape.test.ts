import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jsonSchema } from "@kerf/runtime";
import type { JsonSchema } from "../../../src/api/index.ts";
import { fits, initialOf } from "./initial.ts";
import { shapeOf } from "./shape.ts";
import { withoutSecrets } from "./shared-input.ts";
import { homeless } from "./violations.ts";

const Everything = z.object({
  name: z
    .string()
    .max(64)
    .meta({ examples: ["Alice"] }),
  note: z.string().max(2_000),
  quantity: z.int().min(1).max(100_000),
  price: z.number(),
  gift: z.boolean(),
  size: z.enum(["small", "large"]),
  lines: z
    .array(z.object({ offerId: z.string() }))
    .min(1)
    .max(2_000),
  payment: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("card"), number: z.string() }),
    z.object({ kind: z.literal("invoice"), days: z.int() }),
  ]),
  labels: z.record(z.string(), z.int()),
  coupon: z.string().nullable(),
  wrap: z.enum(["red"]).nullable(),
  reference: z.string().optional(),
  limit: z.int().default(20),
});
const schema = jsonSchema(Everything, "input") as JsonSchema;
const shape = shapeOf(schema);

describe("a schema as contracts make them", () => {
  test("gives each kind of value its kind of field", () => {
    if (shape.kind !== "object") throw new Error("it is an object");
    expect(
      Object.fromEntries(shape.fields.map(({ name, shape: { kind, hint } }) => [name, [kind, hint]])),
    ).toEqual({
      name: ["text", "text, at most 64"],
      note: ["text", "text, at most 2,000"],
      quantity: ["number", "whole number, 1 to 100,000"],
      price: ["number", "number"],
      gift: ["boolean", ""],
      size: ["choice", ""],
      lines: ["list", "list, 1 to 2,000"],
      payment: ["cases", "one of"],
      labels: ["map", "by key"],
      coupon: ["nullable", "or null"],
      wrap: ["nullable", "or null"],
      reference: ["text", "text"],
      limit: ["number", "whole number"],
    });
    expect(shape.fields.filter(({ required }) => !required).map(({ name }) => name)).toEqual([
      "reference",
      "limit",
    ]);
  });

  test("begins with a value that it takes, made of its examples", () => {
    const value = initialOf(shape);
    expect(value).toMatchObject({ name: "Alice", quantity: 1, lines: [{ offerId: "" }], coupon: null });
    expect(value).toHaveProperty("payment", { kind: "card", number: "" });
    expect(Everything.safeParse(value).error).toBeUndefined();
    expect(fits(shape, value)).toBe(true);
  });

  test("shows no form of what has other fields, or other kinds of them", () => {
    const value = initialOf(shape) as object;
    expect(fits(shape, { ...value, more: 1 })).toBe(false);
    expect(fits(shape, { ...value, lines: "many" })).toBe(false);
    expect(fits(shape, { ...value, payment: { kind: "cash" } })).toBe(false);
    expect(fits(shape, { ...value, coupon: "TEN", reference: "7" })).toBe(true);
    // The server says what is wrong with it.
    expect(fits(shape, { ...value, quantity: "many" })).toBe(true);
  });

  test("leaves what it does not know to JSON", () => {
    expect(shapeOf({ oneOf: [{ type: "string" }, { type: "number" }] }).kind).toBe("json");
    expect(shapeOf({ $ref: "#/elsewhere" }).kind).toBe("json");
    expect(shapeOf({ type: "array" }).kind).toBe("json");
  });
});

test("what is sensitive is not in an address, wherever it stands", () => {
  const secret = z.string().meta({ sensitive: true });
  const card = z.object({ holder: z.string(), number: secret });
  const asked = shapeOf(
    jsonSchema(
      z.object({
        card,
        cards: z.array(card.nullable()),
        secrets: z.record(z.string(), secret),
        maybe: secret.nullable(),
        way: z.discriminatedUnion("kind", [z.object({ kind: z.literal("pin"), pin: secret })]),
      }),
      "input",
    ) as JsonSchema,
  );
  const one = { holder: "Ada", number: "4111" };
  const way = { kind: "pin", pin: "4111" };
  const value = { card: one, cards: [one, null], secrets: { a: "4111" }, maybe: "4111", way, more: "4111" };
  expect(JSON.stringify(withoutSecrets(asked, value))).toBe(
    '{"card":{"holder":"Ada"},"cards":[{"holder":"Ada"},null],"secrets":{},"way":{"kind":"pin"}}',
  );
});

test("a violation without a field to stand at is told apart", () => {
  const at = (path: string) => ({ path, message: "is required" });
  const value = { lines: [{ offerId: "" }] };
  expect(homeless([at("lines.0.offerId"), at("lines.0.quantity"), at("reference")], value)).toEqual([]);
  expect(homeless([at(""), at("address.name"), at("lines.1.offerId")], value)).toHaveLength(3);
});
