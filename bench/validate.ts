/**
 * What it costs to check (and, for Kerf and Zod, to copy) a value, and to make an answer of it: `node bench/validate.ts`.
 * Beside Zod 4's safeParse, and Ajv and fast-json-stringify compiled from the JSON Schema of the same Zod schema.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import fastJsonStringify from "fast-json-stringify";
import { z } from "zod";
import { catalog } from "../examples/shop/services/catalog/contract.ts";
import { compileValidator, jsonSchema } from "../packages/runtime/src/validate/index.ts";

const Small = z.object({
  sku: z.string().min(1).max(40),
  quantity: z.int().min(1),
  express: z.boolean().default(false),
});
const small = { sku: "85123A", quantity: 6, express: true };

const Address = z.object({
  name: z.string().min(1).max(100),
  street: z.string().max(200),
  city: z.string().max(100),
  postcode: z.string().max(20),
  country: z.string().length(2),
});
const Order = z.object({
  orderId: z.string().min(1).max(64),
  customerId: z.string().min(1).max(64),
  placedAt: z.string(),
  status: z.enum(["placed", "paid", "shipped", "unknown"]),
  currency: z.string().length(3),
  total: z.int().min(0),
  tax: z.int().min(0),
  discount: z.int().min(0).optional(),
  note: z.string().max(500).nullable(),
  billing: Address,
  shipping: Address,
  items: z
    .array(
      z.object({
        sku: z.string().min(1).max(40),
        name: z.string().max(200),
        quantity: z.int().min(1).max(10_000),
        price: z.int().min(0),
      }),
    )
    .max(100),
});
const address = {
  name: "A. Customer",
  street: "1 High Street",
  city: "London",
  postcode: "N1 9GU",
  country: "GB",
};
const order = {
  orderId: "536365",
  customerId: "17850",
  placedAt: "2010-12-01T08:26:00Z",
  status: "paid",
  currency: "GBP",
  total: 13912,
  tax: 2319,
  note: null,
  billing: address,
  shipping: { ...address, street: "2 Low Road" },
  items: Array.from({ length: 5 }, (_, i) => ({
    sku: `8512${i}A`,
    name: "WHITE HANGING HEART",
    quantity: 6 + i,
    price: 255,
  })),
};

const Product = catalog.product.output;
const product = {
  code: "85123A",
  name: "WHITE HANGING HEART T-LIGHT HOLDER",
  description: "A heart of white metal that holds a tea light, to be hung where there is a draught or none.",
  offer: { offerId: "85123A-1", pence: 255 },
};
const Products = z.object({ products: z.array(Product) });
const products = { products: Array.from({ length: 20 }, () => product) };

const ajv = new Ajv2020({ strict: false, useDefaults: false });

type Contender = readonly [label: string, run: (value: unknown) => unknown];

/**
 * Million a second of this process's own time, the median of nine rounds of 100 ms in which the contenders take turns,
 * so that whatever else the machine does weighs on all alike. The values differ, so that nothing is hoisted.
 */
function measure(values: readonly unknown[], contenders: readonly Contender[]): readonly number[] {
  const rates: number[][] = contenders.map(() => []);
  for (let round = 0; round < 12; round++) {
    for (const [index, [, run]] of contenders.entries()) {
      const from = process.cpuUsage();
      let done = 0;
      let spent = 0;
      let seen: unknown;
      while (spent < 100_000) {
        for (let i = 0; i < 2048; i++) seen = run(values[i & 63]);
        done += 2048;
        const { user, system } = process.cpuUsage(from);
        spent = user + system;
      }
      if (!seen) throw new Error("nothing ran");
      if (round >= 3) rates[index]!.push(done / spent);
    }
  }
  return rates.map((each) => each.toSorted((a, b) => a - b)[4]!);
}

const buffer = Buffer.alloc(1 << 16);

/** Has a text written, as it will be to a socket: what is made of many pieces is only then put together. */
function written(run: Contender[1]): Contender[1] {
  return (value) => buffer.write(run(value) as string);
}

function print(title: string, values: readonly unknown[], contenders: readonly Contender[]): void {
  console.log(`\n${title}`);
  for (const [index, rate] of measure(values, contenders).entries())
    console.log(`  ${contenders[index]![0].padEnd(50)} ${rate.toFixed(2)}`);
}

for (const [name, schema, sample] of [
  ["small object", Small, small],
  ["product of the shop", Product, product],
  ["order (12 fields, 2 addresses, 5 items)", Order, order],
  ["list of 20 products", Products, products],
] as const) {
  const values = Array.from({ length: 64 }, () => JSON.parse(JSON.stringify(sample)));
  const check = ajv.compile(jsonSchema(schema, "output"));
  const closed = ajv.compile(jsonSchema(schema, "input"));
  const inner = compileValidator(schema, { unknownFields: "drop", enums: "open" });
  const edge = compileValidator(schema, { unknownFields: "reject", enums: "exact" });
  if (!inner(sample).ok || !edge(sample).ok || !check(sample) || !closed(sample))
    throw new Error("the sample does not fit");
  const contenders: readonly Contender[] = [
    ["Kerf, unknown fields dropped, copied", inner],
    ["Kerf, unknown fields rejected, copied", edge],
    ["Ajv, open, not copied", check],
    ["Ajv, closed, not copied", closed],
    ["Ajv, open, then structuredClone", (value) => check(value) && structuredClone(value)],
    ["Zod safeParse, copied", (value) => schema.safeParse(value)],
  ];
  print(`${name}, checked, million a second`, values, contenders);
  const stringify = fastJsonStringify(jsonSchema(schema, "output"));
  const text = JSON.stringify(sample);
  const answered: readonly Contender[] = [
    [
      "Kerf, unknown fields dropped, then JSON.stringify",
      (value) => {
        const checked = inner(value);
        return checked.ok && JSON.stringify(checked.value);
      },
    ],
    ["JSON.stringify, not checked", (value) => JSON.stringify(value)],
    ["fast-json-stringify, not checked", stringify],
  ];
  for (const [label, run] of answered) if (run(sample) !== text) throw new Error(`${label} differs`);
  print(
    `${name}, as bytes of JSON, million a second`,
    values,
    answered.map(([label, run]) => [label, written(run)]),
  );
}
