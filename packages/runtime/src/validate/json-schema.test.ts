import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jsonSchema } from "./json-schema.ts";

const Line = z.object({ sku: z.string().min(1), quantity: z.int().min(1).default(1) }).meta({ id: "Line" });

describe("the JSON Schema", () => {
  test("of an input is closed and does not ask for what has a default", () => {
    expect(jsonSchema(z.object({ lines: z.array(Line) }), "input")).toEqual({
      type: "object",
      properties: {
        lines: {
          type: "array",
          items: {
            type: "object",
            properties: {
              sku: { type: "string", minLength: 1 },
              quantity: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 },
            },
            required: ["sku"],
            additionalProperties: false,
          },
        },
      },
      required: ["lines"],
      additionalProperties: false,
    });
  });

  test("of an output is open and always has what has a default", () => {
    const made = jsonSchema(Line, "output");
    expect(made).toMatchObject({ required: ["sku", "quantity"] });
    expect(made).not.toHaveProperty("additionalProperties");
  });

  test("keeps descriptions and the values of records, and refers to nothing outside of itself", () => {
    const schema = z.object({
      a: Line.describe("the first"),
      b: Line,
      c: z.record(z.string(), z.int32()).describe("stock"),
    });
    const made = jsonSchema(schema, "input") as { properties: { a: object; c: object } };
    expect(made.properties.a).toMatchObject({ description: "the first", type: "object" });
    expect(made.properties.c).toMatchObject({
      description: "stock",
      additionalProperties: { type: "integer" },
    });
    expect(JSON.stringify(made)).not.toContain("$ref");
    expect(JSON.stringify(made)).not.toContain("$schema");
  });
});
