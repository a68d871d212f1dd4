import { describe, expect, it } from "vitest";
import { boundedSchema } from "./bounds.ts";
import { urlSchema } from "./url-schema.ts";

describe("what the edge demands beside the contract", () => {
  it("stands in the schema of a parameter that would let it pass", () => {
    const query = "^[^\\u0000\\r\\n]*$";
    const path = "^[^\\u0000\\r\\n/\\\\]*$";
    expect(urlSchema({ type: "string" }, "query")).toEqual({ type: "string", pattern: query });
    expect(urlSchema({ type: "string" }, "path")).toEqual({ type: "string", pattern: path });
    expect(urlSchema({ type: "array", items: { type: "string" } }, "query")).toEqual({
      type: "array",
      items: { type: "string", pattern: query },
    });
    const prose = { type: "string", pattern: "^(?:[a-z]|[\\n\\r\\t])*$" };
    expect(urlSchema(prose, "query")).toEqual({ ...prose, allOf: [{ pattern: query }] });
    const line = { type: "string", pattern: "^[^\\u0000-\\u001f]+$" };
    expect(urlSchema(line, "query")).toEqual(line);
    expect(urlSchema(line, "path")).toEqual({ ...line, allOf: [{ pattern: path }] });
    for (const other of [{ type: "integer" }, { type: "string", enum: ["a"] }, { type: "boolean" }])
      expect(urlSchema(other, "path")).toEqual(other);
  });

  it("stands in the schema of a body that has no limit of its own", () => {
    const schema = {
      type: "object",
      properties: {
        own: { type: "string", maxLength: 5 },
        list: { type: "array", items: { type: "string" } },
        either: { anyOf: [{ type: "string" }, { type: "null" }] },
        one: { type: "string", enum: ["a"] },
        record: {
          type: "object",
          additionalProperties: { type: "array", maxItems: 3, items: { type: "integer" } },
        },
      },
      additionalProperties: false,
    };
    expect(boundedSchema(schema, { characters: 10, items: 4 })).toEqual({
      ...schema,
      properties: {
        own: { type: "string", maxLength: 5 },
        list: { type: "array", maxItems: 4, items: { type: "string", maxLength: 10 } },
        either: { anyOf: [{ type: "string", maxLength: 10 }, { type: "null" }] },
        one: { type: "string", enum: ["a"] },
        record: {
          type: "object",
          additionalProperties: { type: "array", maxItems: 3, items: { type: "integer" } },
        },
      },
    });
  });
});
