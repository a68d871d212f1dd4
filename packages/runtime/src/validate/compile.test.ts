import { describe, expect, test } from "vitest";
import { z } from "zod";
import { compileValidator } from "./compile.ts";
import type { ValidatorOptions } from "./options.ts";

const gateway: ValidatorOptions = { unknownFields: "reject", enums: "exact" };
const inner: ValidatorOptions = { unknownFields: "drop", enums: "open" };

function violations(schema: z.ZodType, value: unknown, options = gateway) {
  const result = compileValidator(schema, options)(value);
  if (result.ok) throw new Error("was accepted");
  return result.violations;
}

function accepted(schema: z.ZodType, value: unknown, options = gateway) {
  const result = compileValidator(schema, options)(value);
  if (!result.ok) throw new Error(JSON.stringify(result.violations));
  return result.value;
}

const Line = z.object({ sku: z.string(), quantity: z.int().default(1) });

describe("unknown fields", () => {
  test("are rejected at the gateway, with what was probably meant", () => {
    expect(
      violations(z.object({ lines: z.array(Line) }), { lines: [{ sku: "a" }, { sku: "b", quantty: 2 }] }),
    ).toEqual([{ path: "lines.1.quantty", message: 'is not a field; did you mean "quantity"?' }]);
    expect(violations(Line, { sku: "a", colour: "red" })).toEqual([
      { path: "colour", message: "is not a field" },
    ]);
  });

  test("are dropped between services", () => {
    expect(accepted(Line, { sku: "a", colour: "red" }, inner)).toStrictEqual({ sku: "a", quantity: 1 });
  });

  test("are found in every case of a union and beside fields that are absent", () => {
    const Payment = z.object({
      by: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("card"), number: z.string(), name: z.string().optional() }),
        z.object({ kind: z.literal("cash") }),
      ]),
    });
    expect(violations(Payment, { by: { kind: "cash", number: "1" } })).toEqual([
      { path: "by.number", message: "is not a field" },
    ]);
    // As many fields as there may be, but another one.
    expect(violations(Payment, { by: { kind: "card", number: "1", naem: "x" } })).toEqual([
      { path: "by.naem", message: 'is not a field; did you mean "name"?' },
    ]);
    expect(accepted(Payment, { by: { kind: "card", number: "1", name: undefined } })).toStrictEqual({
      by: { kind: "card", number: "1" },
    });
  });
});

describe("an enum value that is not listed", () => {
  const Colour = z.object({ colour: z.enum(["red", "unknown"]) });

  test("becomes unknown where enums are open", () => {
    expect(accepted(Colour, { colour: "green" }, inner)).toStrictEqual({ colour: "unknown" });
    expect(accepted(Colour, { colour: "red" }, inner)).toStrictEqual({ colour: "red" });
    expect(violations(Colour, { colour: 3 }, inner)).toEqual([
      { path: "colour", message: 'must be one of "red", "unknown"' },
    ]);
  });

  test("is refused where they are exact, or do not list unknown", () => {
    expect(violations(Colour, { colour: "green" })).toEqual([
      { path: "colour", message: 'must be one of "red", "unknown"' },
    ]);
    expect(violations(z.object({ a: z.enum(["b"]) }), { a: "c" }, inner)).toEqual([
      { path: "a", message: 'must be "b"' },
    ]);
  });

  test("is found among many", () => {
    const Many = z.object({ code: z.enum(Array.from({ length: 300 }, (_, i) => `c${i}`) as [string]) });
    expect(accepted(Many, { code: "c299" })).toEqual({ code: "c299" });
    expect(violations(Many, { code: "c300" })[0]!.message).toMatch(
      /^must be one of "c0", .*"c9" or 290 more$/,
    );
  });
});

describe("a copy", () => {
  test("shares nothing with the value, nor one default with another", () => {
    const schema = z.object({ tags: z.array(z.string()).default(["new"]), by: z.record(z.string(), Line) });
    const validate = compileValidator(schema, inner);
    const given = { by: { a: { sku: "a", quantity: 1 } } };
    const first = validate(given) as { value: { tags: string[]; by: typeof given.by } };
    first.value.tags.push("old");
    first.value.by.a.quantity = 9;
    expect(given.by.a.quantity).toBe(1);
    expect(validate(given)).toMatchObject({ value: { tags: ["new"], by: { a: { quantity: 1 } } } });
  });

  test("leaves out what is absent, so that it is the same with and without a wire between", () => {
    const schema = z.object({ note: z.string().optional(), quantity: z.int().default(1), sku: z.string() });
    expect(accepted(schema, { sku: "a", note: undefined })).toStrictEqual({ quantity: 1, sku: "a" });
  });
});

describe("hostile names", () => {
  const attack: unknown = JSON.parse(
    '{"__proto__": {"admin": true}, "constructor": {"prototype": {"admin": true}}}',
  );

  test("do not reach a prototype through a record", () => {
    const Open = z.object({
      open: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.boolean()))),
    });
    const copy = accepted(
      Open,
      JSON.parse(
        '{"open": {"__proto__": {"a": {"admin": true}}, "constructor": {"prototype": {"admin": true}}}}',
      ),
      inner,
    ) as { open: object };
    expect(Object.getPrototypeOf(copy.open)).toBe(Object.prototype);
    expect(Object.keys(copy.open)).toEqual(["constructor"]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(
      violations(z.object({ o: z.record(z.string(), z.int()) }), JSON.parse('{"o":{"__proto__":1}}')),
    ).toEqual([{ path: "o.__proto__", message: "is not allowed as a key" }]);
  });

  test("are unknown fields of an object", () => {
    expect(accepted(z.object({ id: z.string().optional() }), attack, inner)).toStrictEqual({});
    expect(violations(z.object({ id: z.string().optional() }), attack).map(({ path }) => path)).toEqual([
      "__proto__",
      "constructor",
    ]);
  });

  test("are no fields where nobody sent them", () => {
    const schema = z.object({ constructor: z.string().optional(), toString: z.string().default("x") });
    expect(accepted(schema, {})).toStrictEqual({ toString: "x" });
    expect(violations(z.object({ valueOf: z.string() }), {})).toEqual([
      { path: "valueOf", message: "is required" },
    ]);
    const Union = z.object({
      u: z.discriminatedUnion("constructor", [z.object({ constructor: z.literal("a") })]),
    });
    expect(violations(Union, { u: {} })).toEqual([{ path: "u.constructor", message: "is required" }]);
  });

  test("of the author's cannot become code", () => {
    const name = `"];globalThis.pwned = true;//\\\u2028\n`;
    const schema = z.object({
      [name]: z.literal(name),
      record: z.record(z.string().includes(name), z.enum([name, "unknown"])),
      text: z.string().default(name),
      union: z.discriminatedUnion(name, [z.object({ [name]: z.literal(name) })]),
    });
    const value = { [name]: name, record: { [name]: name }, union: { [name]: name } };
    expect(accepted(schema, value)).toStrictEqual({ ...value, text: name });
    expect((globalThis as { pwned?: boolean }).pwned).toBeUndefined();
  });
});

describe("what is said of a wrong value", () => {
  test.each<readonly [string, z.ZodType, unknown]>([
    ["must be text", z.string(), 3],
    ["must be text, not null", z.string(), null],
    ["is required", z.string(), undefined],
    ["must not be empty", z.string().min(1), ""],
    ["must have at least 2 characters", z.string().min(2), "a"],
    ["must have at most 2 characters", z.string().max(2), "😀😀😀"],
    ["must have exactly 1 character", z.string().length(1), "ab"],
    ["is too long for a label", z.string().max(2, "is too long for a label"), "abc"],
    ["must match /^\\d+$/", z.string().regex(/^\d+$/), "x"],
    ["must be digits", z.string().regex(/^\d+$/, "must be digits"), "x"],
    ['must start with "A"', z.string().startsWith("A"), "x"],
    ["must be an e-mail address", z.email(), "x"],
    ["is no address", z.email("is no address"), "x"],
    ['must be a date and time such as "2026-01-31T09:30:00Z"', z.iso.datetime(), "today"],
    ["must be a whole number", z.int(), 1.5],
    ["must be a whole number", z.int(), "1"],
    ["must be between -9007199254740991 and 9007199254740991", z.int(), 2 ** 53],
    ["must be a number", z.number(), Number.POSITIVE_INFINITY],
    ["must be at least 1", z.int().min(1), 0],
    ["must be less than 1", z.number().lt(1), 1],
    ["must be a multiple of 0.05", z.number().multipleOf(0.05), 0.12],
    ["must be true or false", z.boolean(), "true"],
    ['must be one of "a", "b"', z.literal(["a", "b"]), 1],
    ["must be a list", z.array(z.int()), {}],
    ["must not be empty", z.array(z.int()).min(1), []],
    ["must have at most 1 entry", z.array(z.int()).max(1), [1, 2]],
    ["must be an object", z.object({}), []],
    ["must be an object", z.record(z.string(), z.int()), new Date()],
    ["must be an object", z.discriminatedUnion("k", [z.object({ k: z.literal("a") })]), 1],
  ])("%s", (message, schema, value) => {
    expect(violations(z.object({ field: schema }), { field: value })).toEqual([{ path: "field", message }]);
  });

  test("names the key of a record and the case of a union", () => {
    expect(
      violations(z.object({ r: z.record(z.string().max(2), z.int()) }), { r: { abc: 1, d: "x" } }),
    ).toEqual([
      { path: "r.abc", message: "has a key that must have at most 2 characters" },
      { path: "r.d", message: "must be a whole number" },
    ]);
    const Union = z.discriminatedUnion("kind", [
      z.object({ kind: z.literal(["card", "visa"]) }),
      z.object({ kind: z.literal("cash") }),
    ]);
    expect(violations(z.object({ by: Union }), { by: { kind: "bank" } })).toEqual([
      { path: "by.kind", message: 'must be one of "card", "visa", "cash"' },
    ]);
  });

  test("is the whole at the top", () => {
    expect(violations(z.object({}), "x")).toEqual([{ path: "", message: "must be an object" }]);
  });

  test("is at most twenty faults, and never much of the value", () => {
    const long = "x".repeat(5_000);
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`${i}${long}`, long]));
    for (const schema of [
      z.object({}),
      z.object({ a: z.array(z.int()) }),
      z.record(z.string().max(3), z.int()),
    ]) {
      const found = violations(schema, { a: Array(100_000).fill(long), ...many });
      expect(found).toHaveLength(20);
      for (const { path, message } of found) {
        expect(path.length).toBeLessThanOrEqual(100);
        expect(message).not.toContain("xxx");
      }
    }
  });

  test("says nothing of the value of a secret", () => {
    const found = violations(z.object({ password: z.string().min(20) }), { password: "hunter2" });
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });
});
