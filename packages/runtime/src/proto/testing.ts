import fc from "fast-check";
import { type AnyContract, contract, query, type Schema } from "kerf";
import { z } from "zod";

/** A schema of the subset that contracts allow, with values that fit it. For tests. */
export interface Sample {
  readonly schema: z.ZodType;
  readonly value: fc.Arbitrary<unknown>;
}

// Unpaired surrogates are no Unicode: no transport carries them.
const text = fc.string({ unit: "binary", maxLength: 60 });
const key = fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,8}$/);

const leaf: fc.Arbitrary<Sample> = fc.constantFrom<Sample>(
  { schema: z.string(), value: text },
  { schema: z.int(), value: fc.maxSafeInteger() },
  { schema: z.number().int().min(0), value: fc.maxSafeNat() },
  { schema: z.number(), value: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { schema: z.boolean(), value: fc.boolean() },
  { schema: z.null(), value: fc.constant(null) },
  { schema: z.literal("only"), value: fc.constant("only") },
  { schema: z.literal(7), value: fc.constant(7) },
  { schema: z.enum(["", "red", "blue"]), value: fc.constantFrom("", "red", "blue") },
);

const { sample } = fc.letrec<{ sample: Sample; object: Sample }>((tie) => ({
  sample: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    tie("object"),
    tie("sample").map(({ schema, value }) => ({
      schema: z.array(schema),
      value: fc.array(value, { maxLength: 4 }),
    })),
    tie("sample").map(({ schema, value }) => ({
      schema: z.record(z.string(), schema),
      value: fc.dictionary(text, value, { maxKeys: 4, noNullPrototype: true }),
    })),
    tie("sample").map(({ schema, value }) => ({
      schema: schema.nullable(),
      value: fc.option(value, { nil: null }),
    })),
    fc.tuple(tie("object"), tie("object")).map(([first, second]) => ({
      schema: z.discriminatedUnion("kind", [
        (first.schema as z.ZodObject).extend({ kind: z.literal("one") }),
        (second.schema as z.ZodObject).extend({ kind: z.enum(["two", "three"]) }),
      ]),
      value: fc.oneof(
        first.value.map((value) => ({ ...(value as object), kind: "one" })),
        fc
          .tuple(second.value, fc.constantFrom("two", "three"))
          .map(([value, kind]) => ({ ...(value as object), kind })),
      ),
    })),
  ),
  object: fc
    .dictionary(key, fc.tuple(tie("sample"), fc.constantFrom("required", "optional", "default")), {
      maxKeys: 4,
      noNullPrototype: true,
    })
    .filter(hasNamesOfItsOwn)
    .map(objectOf),
}));

/** A schema of any kind with values that fit it. */
export const anySample: fc.Arbitrary<Sample> = sample;

/** A contract that has `schema` as input, output and error. */
export function contractOf(schema: z.ZodType): AnyContract {
  const whole = schema as Schema;
  return contract("sample", {
    version: 1,
    ask: query({ input: whole, output: whole, errors: { Wrong: whole } }),
  }) as unknown as AnyContract;
}

function objectOf(fields: Record<string, readonly [Sample, string]>): Sample {
  const shape: Record<string, z.ZodType> = {};
  const values: Record<string, fc.Arbitrary<unknown>> = {};
  const requiredKeys: string[] = [];
  for (const [name, [{ schema, value }, presence]] of Object.entries(fields)) {
    shape[name] =
      presence === "optional" ? schema.optional() : presence === "default" ? schema.default(null) : schema;
    values[name] = value;
    if (presence === "required") requiredKeys.push(name);
  }
  return { schema: z.object(shape), value: fc.record(values, { requiredKeys, noNullPrototype: true }) };
}

/** `aB` and `ab` would be refused: see contract-descriptor.test.ts. */
function hasNamesOfItsOwn(fields: object): boolean {
  const names = Object.keys(fields).map((name) => name.toLowerCase());
  return new Set(names).size === names.length && !names.includes("kind");
}
