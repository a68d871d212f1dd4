import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { compileValidator } from "./compile.ts";

/** A schema of the subset, and values that it mostly accepts. */
interface Sample {
  readonly schema: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
}

const names = fc.constantFrom(
  "id",
  "sku",
  "a b",
  'quo"te',
  "constructor",
  "toString",
  "line\u2028end",
  "${x}",
  "名",
);
const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("", "😀", "\ud800", "abc", " http://a.example\n", "unknown", "red"),
);
const number = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.double(),
  fc.constantFrom(0, -0, 2 ** 53, -(2 ** 53), 2 ** 31, 0.1, 0.3, NaN, Infinity),
);

const strings: readonly [z.ZodType, fc.Arbitrary<unknown>][] = [
  [z.email(), fc.emailAddress()],
  [z.string().email().max(20), fc.emailAddress()],
  [
    z.url(),
    fc.oneof(
      fc.webUrl(),
      fc.webUrl().map((url) => ` ${url}\n`),
      fc.constant("http:x"),
    ),
  ],
  [z.string().max(12).url(), fc.webUrl()],
  [z.httpUrl(), fc.oneof(fc.webUrl(), fc.constantFrom("http:example.com", "ftp://a.example"))],
  [z.uuid(), fc.uuid()],
  [z.uuidv4(), fc.uuid({ version: [4, 7] })],
  [z.iso.datetime(), fc.date({ noInvalidDate: true }).map((date) => date.toISOString())],
  [
    z.iso.datetime({ offset: true, precision: 3 }),
    fc.constantFrom("2026-01-31T09:30:00.000+01:00", "2026-01-31T09:30:00Z"),
  ],
  [z.iso.date(), fc.constantFrom("2026-02-28", "2026-02-29", "2024-02-29")],
  [z.iso.time(), fc.constantFrom("09:30", "09:30:00", "24:00:00")],
  [z.iso.duration(), fc.constantFrom("PT15M", "P", "P1Y2M")],
  [z.ipv4(), fc.oneof(fc.ipV4(), fc.ipV6())],
  [z.ipv6(), fc.oneof(fc.ipV4(), fc.ipV6())],
  [z.cidrv6(), fc.ipV6().map((address) => `${address}/64`)],
  [z.base64(), fc.base64String()],
  [z.base64url(), fc.base64String().map((each) => each.replace(/=/g, ""))],
  [z.jwt(), fc.constantFrom("eyJhbGciOiJIUzI1NiJ9.e30.x", "a.b.c")],
  [z.iban(), fc.constantFrom("GB33BUKB20201555555555", "GB34BUKB20201555555555")],
  [z.creditCard(), fc.constantFrom("4242 4242 4242 4242", "4242 4242 4242 4241")],
  [z.hostname(), fc.domain()],
  [z.hash("md5"), fc.constantFrom("d41d8cd98f00b204e9800998ecf8427e", "d41d")],
  [z.emoji(), fc.constantFrom("😀", "x")],
  [z.string().regex(/^[a-c]+$/g), fc.stringMatching(/^[a-d]{0,4}$/)],
  [z.string().regex(/b/y), fc.stringMatching(/^[ab]{0,3}$/)],
  [z.string().regex(/^é$/iu), fc.constantFrom("é", "É", "e")],
  [z.string().includes("a", { position: 1 }), fc.stringMatching(/^[ab]{0,4}$/)],
  [z.string().startsWith("a").endsWith('"b'), fc.constantFrom('a"b', 'a"bc', "ab")],
  [z.string().lowercase(), fc.constantFrom("abc", "Abc")],
  [z.string().uppercase(), fc.constantFrom("ABC", "Abc")],
];

const numbers: readonly z.ZodType[] = [
  z.number(),
  z.int(),
  z.number().int().min(-3).max(8),
  z.number().positive().lt(9.5),
  z.int().multipleOf(3),
  z.number().multipleOf(0.1),
  z.int32(),
  z.uint32(),
  z.float32(),
  z.number().nonnegative(),
  z.int().gt(-2).lte(7),
];

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  fc.constantFrom(...strings).map(([schema, values]) => ({ schema, values: fc.oneof(values, text) })),
  fc.tuple(fc.nat(5), fc.nat(5)).map(([min, more]) => ({
    schema: z
      .string()
      .min(min)
      .max(min + more),
    values: text,
  })),
  fc.nat(4).map((length) => ({ schema: z.string().length(length), values: text })),
  fc.constantFrom(...numbers).map((schema) => ({ schema, values: number })),
  fc.constant({ schema: z.boolean(), values: fc.boolean() }),
  fc.constant({ schema: z.null(), values: fc.constant(null) }),
  fc
    .constantFrom(["card", "other"], [1, 2], [true], [null], ['quo"te\u2029', ""], [-0, 1])
    .map((literals) => ({
      schema: z.literal(literals),
      values: fc.constantFrom(...literals, "other", "none", 1, false),
    })),
  fc.uniqueArray(fc.oneof(text, fc.constant("unknown")), { minLength: 1, maxLength: 12 }).map((values) => ({
    schema: z.enum(values as [string]),
    values: fc.oneof(fc.constantFrom(...values), text),
  })),
);

const { any } = fc.letrec<{ any: Sample; object: Sample }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    tie("object"),
    fc.tuple(tie("any"), fc.nat(2), fc.nat(3)).map(([{ schema, values }, min, more]) => ({
      schema: z
        .array(schema)
        .min(min)
        .max(min + more),
      values: fc.array(values, { maxLength: 5 }),
    })),
    fc.tuple(tie("any")).map(([{ schema, values }]) => ({
      schema: z.record(z.string().min(1), schema),
      values: fc.dictionary(fc.oneof(names, fc.constantFrom("__proto__", "", "1")), values, { maxKeys: 4 }),
    })),
    tie("any").map(({ schema, values }) => ({ schema: schema.nullable(), values: fc.option(values) })),
    tie("any").map(({ schema, values }) => ({ schema: schema.readonly(), values })),
    fc.tuple(names, fc.array(tie("object"), { minLength: 1, maxLength: 3 })).map(([kind, cases]) => ({
      schema: z.discriminatedUnion(
        kind,
        cases.map(({ schema }, i) => (schema as z.ZodObject).extend({ [kind]: z.literal(i) })) as unknown as [
          z.ZodObject,
        ],
      ),
      values: fc.oneof(
        ...cases.map(({ values }, i) => values.map((value) => ({ ...(value as object), [kind]: i }))),
        fc.constant({}),
      ),
    })),
  ),
  object: fc
    .uniqueArray(fc.record({ name: names, sample: tie("any"), presence: fc.nat(4) }), {
      maxLength: 5,
      selector: ({ name }) => name,
    })
    .chain((fields) =>
      // A default must be a value that the schema takes and keeps as it is.
      fc.tuple(...fields.map(({ sample }) => sample.values)).map((defaults) => ({
        schema: z.object(
          Object.fromEntries(
            fields.map(({ name, sample: { schema }, presence }, i) => {
              const parsed = schema.safeParse(defaults[i]);
              if (presence === 1) return [name, schema.optional()];
              if (presence === 2 && parsed.success) return [name, schema.default(parsed.data as never)];
              if (presence === 3 && parsed.success)
                return [
                  name,
                  schema
                    .default(parsed.data as never)
                    .nullable()
                    .optional(),
                ];
              return [name, schema];
            }),
          ),
        ),
        values: fc
          .record(
            {
              ...Object.fromEntries(fields.map(({ name, sample }) => [name, sample.values])),
              extra: fc.jsonValue(),
            },
            { requiredKeys: [] },
          )
          .chain((some) =>
            fc
              .record(
                Object.fromEntries(
                  fields.map(({ name, sample }) => [
                    name,
                    name in some && Object.hasOwn(some, name)
                      ? fc.constant(some[name as never])
                      : sample.values,
                  ]),
                ),
              )
              .chain((all) => fc.constantFrom(some, all, all, all)),
          ),
      })),
    ),
}));

const sampled = any.chain(({ schema, values }) =>
  fc.record({
    schema: fc.constant(schema),
    value: fc.oneof({ weight: 5, arbitrary: values }, { weight: 1, arbitrary: fc.jsonValue() }),
  }),
);

/** Every object that can be reached from a value. */
function objectsOf(value: unknown, found = new Set<unknown>()): Set<unknown> {
  if (typeof value === "object" && value !== null && !found.has(value)) {
    found.add(value);
    for (const inner of Object.values(value)) objectsOf(inner, found);
  }
  return found;
}

function withoutPrototypes(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutPrototypes);
  const bare: object = Object.create(null);
  for (const [key, inner] of Object.entries(value))
    Object.defineProperty(bare, key, {
      value: withoutPrototypes(inner),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return bare;
}

describe("a compiled validator", () => {
  test("accepts what Zod accepts, with the same result, and copies it", { timeout: 600_000 }, () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(sampled, ({ schema, value }) => {
        const before = structuredClone(value);
        // Zod takes what an object inherits ("toString") for a field; ours does not.
        const expected = schema.safeParse(withoutPrototypes(value));
        const actual = compileValidator(schema, { unknownFields: "drop", enums: "exact" })(value);
        expect(actual.ok).toBe(expected.success);
        expect(value).toEqual(before);
        if (actual.ok) {
          accepted++;
          expect(isDeepStrictEqual(actual.value, expected.data)).toBe(true);
          const given = objectsOf(value);
          for (const object of objectsOf(actual.value)) expect(given.has(object)).toBe(false);
        } else {
          refused++;
          expect(actual.violations.length).toBeGreaterThan(0);
          expect(actual.violations.length).toBeLessThanOrEqual(20);
          expect(actual.violations).not.toEqual([{ path: "", message: "is not valid" }]);
        }
      }),
      { numRuns: Number(process.env["KERF_FUZZ_RUNS"] ?? 1_000) },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan((accepted + refused) / 20);
  });
});
