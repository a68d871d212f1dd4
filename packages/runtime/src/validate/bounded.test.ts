import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compileValidator } from "./compile.ts";

const options = { unknownFields: "reject", enums: "exact", bounds: { characters: 5, items: 2 } } as const;

function faults(schema: z.ZodType, value: unknown): readonly string[] {
  const found = compileValidator(schema, options)(value);
  return found.ok ? [] : found.violations.map(({ path, message }) => `${path} ${message}`);
}

describe("a schema without upper limits, bounded", () => {
  it("has them at every depth", () => {
    const schema = z.object({
      text: z.string(),
      list: z.array(z.string()),
      inner: z.object({ text: z.string().nullable() }),
      record: z.record(z.string(), z.string()),
      union: z.discriminatedUnion("kind", [z.object({ kind: z.literal("a"), text: z.string() })]),
    });
    const long = "123456";
    const fine = { text: "12345", list: ["a", "b"], inner: { text: null }, record: { a: "b" } };
    expect(faults(schema, { ...fine, union: { kind: "a", text: "😀😀😀😀😀" } })).toEqual([]);
    expect(
      faults(schema, {
        text: long,
        list: ["a", "b", "c"],
        inner: { text: long },
        record: { a: long, [long]: "b" },
        union: { kind: "a", text: long },
      }),
    ).toEqual([
      "text must have at most 5 characters",
      "list must have at most 2 entries",
      "inner.text must have at most 5 characters",
      "record.123456 has a key that must have at most 5 characters",
      "record.a must have at most 5 characters",
      "union.text must have at most 5 characters",
    ]);
    expect(faults(schema, { ...fine, list: [long], union: { kind: "a", text: "" } })).toHaveLength(1);
  });

  it("keeps its own", () => {
    const schema = z.object({ text: z.string().max(7), list: z.array(z.int()).max(3) });
    expect(faults(schema, { text: "1234567", list: [1, 2, 3] })).toEqual([]);
    expect(faults(schema, { text: "12345678", list: [1, 2, 3, 4] })).toHaveLength(2);
  });

  it("tries no pattern on what is too long", () => {
    // Slow enough to see, and no slower: 2 to the power of 24.
    const long = `${"a".repeat(24)}!`;
    for (const text of [
      z.string().regex(/^(a+)+$/),
      z
        .string()
        .regex(/^(a+)+$/)
        .max(5),
    ]) {
      const started = performance.now();
      expect(faults(z.object({ text }), { text: long })).toEqual(["text must have at most 5 characters"]);
      expect(performance.now() - started).toBeLessThan(50);
    }
  });
});
