import { command, contract, DeclarationError, event, query, type Schema } from "kerf";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkContract } from "./contract.ts";

function refusal(check: () => void): DeclarationError {
  try {
    check();
  } catch (error) {
    if (error instanceof DeclarationError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

const refusedInput = (input: Schema) =>
  refusal(() => checkContract(contract("inventory", { version: 1, reserve: command({ input }) })));

const place = "inventory@1.reserve.input.lines[].price";

describe("a field outside of the subset is refused with its place and mend", () => {
  const node: z.ZodType = z.object({
    get next() {
      return node.optional();
    },
  });
  const deep = Array.from({ length: 40 }).reduce<z.ZodType>((inner) => z.object({ d: inner }), z.string());
  let ticks = 0;

  test.each<readonly [string, z.ZodType, RegExp, RegExp]>([
    ["any", z.any(), /z\.any/, /say what it holds/],
    ["unknown", z.unknown(), /z\.unknown/, /say what it holds/],
    ["never", z.never(), /never/, /leave the field out/],
    ["undefined", z.undefined(), /undefined/, /optional/],
    ["void", z.void(), /void/, /leave the field out/],
    ["symbol", z.symbol(), /symbol/, /string/],
    ["nan", z.nan(), /NaN/, /nullable/],
    ["date", z.date(), /Date/, /iso\.datetime/],
    ["bigint", z.bigint(), /bigint/, /z\.int/],
    ["map", z.map(z.string(), z.int()), /Map/, /record/],
    ["set", z.set(z.string()), /Set/, /array/],
    ["promise", z.promise(z.string()), /promise/, /await/],
    ["function", z.any().and(z.any()), /intersection/, /one object/],
    ["file", z.file(), /file/, /URL/],
    ["transform", z.transform(String), /transforms/, /in the handler/],
    ["pipe", z.string().pipe(z.email()), /pipe/, /in the handler/],
    ["transforming pipe", z.string().transform(Number), /pipe/, /in the handler/],
    ["preprocess", z.preprocess(String, z.string()), /pipe/, /in the handler/],
    ["stringbool", z.stringbool(), /pipe/, /in the handler/],
    ["codec", z.codec(z.string(), z.int(), { decode: Number, encode: String }), /pipe/, /in the handler/],
    ["coerced string", z.coerce.string(), /coerces/, /z\.string/],
    ["coerced number", z.coerce.number(), /coerces/, /z\.number/],
    ["coerced boolean", z.coerce.boolean(), /coerces/, /z\.boolean/],
    ["custom", z.custom<string>(), /custom/, /describe what travels/],
    ["instanceof", z.instanceof(URL), /custom/, /describe what travels/],
    ["refine", z.string().refine(Boolean), /function/, /in the handler/],
    ["refined number", z.int().refine(Boolean), /function/, /in the handler/],
    ["refined boolean", z.boolean().refine(Boolean), /function/, /in the handler/],
    ["refined array", z.array(z.string()).refine(Boolean), /function/, /in the handler/],
    ["refined optional", z.string().optional().refine(Boolean), /function/, /in the handler/],
    ["superRefine", z.object({}).superRefine(() => {}), /function/, /in the handler/],
    ["check", z.string().check(() => {}), /function/, /in the handler/],
    ["property", z.string().check(z.property("length", z.int())), /property/, /in the handler/],
    [
      "conditional check",
      z.string().check(z.minLength(3, { when: () => true } as object)),
      /conditional/,
      /in the handler/,
    ],
    ["function format", z.stringFormat("odd", () => true), /"odd"/, /regular expression/],
    ["trim", z.string().trim(), /changes its value/, /in the handler/],
    ["toLowerCase", z.string().toLowerCase(), /changes its value/, /in the handler/],
    ["normalizing url", z.url({ normalize: true }), /normalizes/, /in the handler/],
    ["lazy", z.lazy(() => z.string()), /recursive/, /ids/],
    ["json", z.json(), /recursive/, /ids/],
    ["recursive", node, /recursive/, /ids/],
    ["deep", deep, /deeper than 32/, /flatten/],
    ["union", z.union([z.string(), z.int()]), /plain union/, /discriminatedUnion/],
    ["xor", z.xor([z.string(), z.int()]), /plain union/, /discriminatedUnion/],
    ["tuple", z.tuple([z.string()]), /tuple/, /named fields/],
    ["intersection", z.object({}).and(z.object({})), /intersection/, /extend/],
    ["catch", z.string().catch("x"), /catches/, /remove/],
    ["prefault", z.string().prefault("x"), /prefault/, /default/],
    ["nonoptional", z.string().optional().nonoptional(), /nonoptional/, /without/],
    ["success", z.success(z.string()), /success/, /boolean/],
    ["template literal", z.templateLiteral(["a", z.int()]), /template literal/, /regex/],
    ["strict object", z.strictObject({}), /strict/, /rejected at the gateway/],
    ["loose object", z.looseObject({}), /loose/, /record/],
    ["catchall object", z.object({}).catchall(z.int()), /catchall/, /record/],
    ["enum keys", z.record(z.enum(["a"]), z.int()), /keys/, /optional fields/],
    ["partial record", z.partialRecord(z.literal("a"), z.int()), /keys/, /optional fields/],
    ["loose record", z.looseRecord(z.string().regex(/a/), z.int()), /loose/, /z\.record/],
    ["undefined literal", z.literal(undefined), /undefined/, /string/],
    ["bigint literal", z.literal(1n), /1/, /string/],
    ["literals of several types", z.literal(["a", 1]), /several types \("a", 1\)/, /one type/],
    ["null among literals", z.literal(["a", null]), /several types/, /nullable/],
    ["enum of numbers", z.enum({ A: 1 }), /numbers/, /strings/],
    ["wrong default", z.string().min(3).default("x"), /its default must have at least 3/, /accepts/],
    ["changing default", z.int().default(() => ticks++), /changes with every use/, /constant/],
    [
      "clock as a default",
      z.iso.datetime().default(() => new Date().toISOString()),
      /changes with every use/,
      /constant/,
    ],
    ["prototype", z.object({ ["__proto__"]: z.string() }), /prototypes/, /rename/],
  ])("%s", (_name, schema, problem, mend) => {
    const error = refusedInput(z.object({ lines: z.array(z.object({ price: schema })) }));
    expect(error.place.startsWith(place)).toBe(true);
    expect(error.problem).toMatch(problem);
    expect(error.mend).toMatch(mend);
  });

  test("function", () => {
    const schema = z.function() as unknown as Schema;
    expect(refusedInput(z.object({ callback: schema })).place).toBe("inventory@1.reserve.input.callback");
  });
});

describe("places", () => {
  test.each<readonly [string, z.ZodType, string]>([
    ["record", z.record(z.string(), z.object({ a: z.any() })), "{}.a"],
    ["key of a record", z.record(z.string().trim(), z.int()), "{key}"],
    ["optional in an array", z.array(z.string().optional()), "[]"],
    ["default in a record", z.record(z.string(), z.string().default("x")), "{}"],
    ["behind wrappers", z.any().nullable().readonly().optional(), ""],
    [
      "case of a union",
      z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("a") }),
        z.object({ kind: z.literal("b"), x: z.any() }),
      ]),
      "(case 2).x",
    ],
    [
      "tag that is an enum",
      z.discriminatedUnion("kind", [z.object({ kind: z.enum(["a"]) })]),
      "(case 1).kind",
    ],
    [
      "optional tag",
      z.discriminatedUnion("kind", [z.object({ kind: z.literal("a").optional() })]),
      "(case 1).kind",
    ],
    [
      "union in a union",
      z.discriminatedUnion("kind", [z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") })])]),
      "(case 1)",
    ],
    [
      "tag used twice",
      z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") }), z.object({ kind: z.literal("a") })]),
      "",
    ],
  ])("name a %s", (_name, schema, suffix) => {
    expect(refusedInput(z.object({ field: schema })).place).toBe(`inventory@1.reserve.input.field${suffix}`);
  });

  test.each<readonly [string, z.ZodType]>([
    ["text", z.string()],
    ["a list", z.array(z.string())],
    ["a record", z.record(z.string(), z.string())],
    ["nothing", z.object({}).nullable()],
    ["a union", z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") })])],
  ])("are refused at the top of every schema where it is %s", (_name, schema) => {
    const members = {
      "ask.input": query({ input: schema }),
      "ask.output": query({ output: schema }),
      "ask.errors.Gone": query({ errors: { Gone: schema } }),
      "ask.data": event({ data: schema as z.ZodType<{ id: string }>, key: "id" }),
    };
    for (const [at, ask] of Object.entries(members)) {
      const error = refusal(() => checkContract(contract("inventory", { version: 2, ask })));
      expect(error.place).toBe(`inventory@2.${at}`);
      expect(error.problem).toBe("is not an object");
    }
  });
});

describe("what others read", () => {
  const Colour = z.object({
    in: z.array(z.object({ colour: z.enum(["red", "green"]).nullable().optional() })),
  });

  test("has an unknown in its enums; what is only sent need not", () => {
    const members = {
      output: query({ input: Colour, output: Colour }),
      "errors.Gone": query({ errors: { Gone: Colour } }),
      data: event({ data: Colour.extend({ id: z.string() }), key: "id" }),
    };
    for (const [at, paint] of Object.entries(members)) {
      const error = refusal(() => checkContract(contract("colours", { version: 1, paint })));
      expect(error.place).toBe(`colours@1.paint.${at}.in[].colour`);
      expect(error.mend).toMatch(/add "unknown"/);
    }
    checkContract(contract("colours", { version: 1, paint: query({ input: Colour }) }));
  });

  test("is looked for in records and unions too", () => {
    const colour = z.enum(["red"]);
    const output = z.object({
      by: z.record(z.string(), z.discriminatedUnion("k", [z.object({ k: z.literal(1), colour })])),
    });
    expect(
      refusal(() => checkContract(contract("colours", { version: 1, get: query({ output }) }))).place,
    ).toBe("colours@1.get.output.by{}(case 1).colour");
  });
});

describe("the key of an event", () => {
  test.each<readonly [string, z.ZodType, boolean]>([
    ["text", z.string().min(1), true],
    ["a UUID", z.uuid().readonly(), true],
    ["a whole number", z.int(), true],
    ["a number", z.number(), false],
    ["optional", z.string().optional(), false],
    ["nullable", z.string().nullable(), false],
    ["a default", z.string().default("x"), false],
    ["an object", z.object({}), false],
  ])("that is %s", (_name, id, allowed) => {
    const made = contract("orders", { version: 1, placed: event({ data: z.object({ id }), key: "id" }) });
    if (allowed) checkContract(made);
    else expect(refusal(() => checkContract(made)).place).toBe("orders@1.placed.data.id");
  });
});

test("the whole subset is accepted", () => {
  const Money = z.object({ minor: z.int(), currency: z.currencyCode() });
  const all = z.object({
    id: z.uuid(),
    at: z.iso.datetime(),
    name: z.string().min(1).max(200).regex(/^\S/).describe("as on the door"),
    link: z.url().optional(),
    price: Money.nullable(),
    count: z.int().min(1).max(100).multipleOf(2).default(2),
    ratio: z.number().positive(),
    done: z.boolean(),
    none: z.null(),
    kind: z.literal(["a", "b"]),
    state: z.enum(["new", "unknown"]).default("new"),
    lines: z.array(Money).min(1).max(50).readonly(),
    more: z.record(z.string(), z.array(z.string())).default({}),
    by: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("card") }),
      z.object({ kind: z.literal("cash"), Money }),
    ]),
    brand: z.string().brand("sku"),
  });
  checkContract(
    contract("shop", {
      version: 1,
      ask: query({ input: all, output: all, errors: { Gone: all } }),
      order: command({ input: all }),
      done: event({ data: all, key: "id" }),
    }),
  );
});
