import { createReadStream, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { columns, parseRows } from "./parse.ts";
import { planOf, type Plan } from "./plan.ts";

async function plan(...rows: string[]): Promise<Plan> {
  return await planOf(parseRows([[columns.join(","), ...rows].join("\n")]));
}

const row = (invoice: string, article: string, quantity: number, price: string, customer = "1.0") =>
  `${invoice},${article},name of ${article},${quantity},2010-12-01,${price},${customer},United Kingdom`;

test("invoices stand in the order of their first row, and gather rows that are apart", async () => {
  const { invoices } = await plan(row("2", "A", 1, "1"), row("1", "B", 2, "2"), row("2", "B", 3, "0.5"));
  expect(invoices).toMatchObject([
    { invoice: "2", totalPence: 250, lines: [{ article: "A" }, { article: "B", quantity: 3, pence: 50 }] },
    { invoice: "1", totalPence: 400 },
  ]);
});

test("an offer is an article at a price, and a line names it", async () => {
  const made = await plan(
    row("1", "A", 1, "1"),
    row("1", "a", 1, "1"),
    row("2", "A", 1, "1.5"),
    row("3", "A", 1, "1.00"),
  );
  expect(made.offers).toEqual([
    { offerId: "replay-1", article: "A", pence: 100 },
    { offerId: "replay-2", article: "a", pence: 100 },
    { offerId: "replay-3", article: "A", pence: 150 },
  ]);
  expect(made.invoices.at(-1)).toMatchObject({ lines: [{ offerId: "replay-1" }] });
});

test("rows without a quantity or a price after rounding are no sales; an order of only such is not placed", async () => {
  const made = await plan(
    row("1", "A", -1, "1"),
    row("1", "A", 0, "1"),
    row("1", "A", 1, "0.004"),
    row("1", "A", 1, "-5"),
    row("2", "A", 1, "0.005"),
  );
  expect(made.rejected["not-a-sale"]).toBe(4);
  expect(made.invoices.map((invoice) => invoice.invoice)).toEqual(["2"]);
});

test("returns ask for what is negative and has a customer; C is a capital", async () => {
  const made = await plan(
    row("C1", "A", -2, "1"),
    row("C1", "A", 0, "1"),
    row("C1", "A", 3, "1"),
    row("C2", "A", -2, "1", ""),
    row("c3", "A", 1, "1"),
  );
  expect(made.invoices).toMatchObject([
    { kind: "return", invoice: "C1", rows: [{ line: 2, customerId: "1", article: "A", quantity: 2 }] },
    { kind: "order", invoice: "c3" },
  ]);
  expect(made.rejected).toEqual({ malformed: 0, "not-a-sale": 2, "nothing-to-return": 1 });
});

test("opening stock is what is sold; of codes that end in 7 nine tenths, rounded down", async () => {
  const made = await plan(
    row("1", "A", 3, "1"),
    row("2", "A", 4, "2"),
    row("2", "A", 9, "0"),
    row("2", "A7", 19, "1"),
    row("3", "7A", 5, "1"),
    row("C4", "B7", -5, "1"),
  );
  expect(Object.fromEntries(made.opening)).toEqual({ A: 7, A7: 17, "7A": 5, B7: 0 });
});

test("an article is named by its first description that has text, or else by its code", async () => {
  const made = await plan("1,A,,1,d,1,,UK", '1,A," a\n  lamp",1,d,1,,UK', "1,B,,1,d,1,,UK");
  expect(Object.fromEntries(made.articles)).toEqual({ A: "a lamp", B: "B" });
});

test.each([
  ["a quantity", row("1", "A", 100_001, "1"), /quantity of 100001/],
  ["a price", row("1", "A", 1, "100000.01"), /price of 10000001 pence/],
  ["an article", row("1", "A".repeat(65), 1, "1"), /article/],
  ["an invoice", row("1".repeat(65), "A", 1, "1"), /invoice/],
  ["a customer", row("1", "A", 1, "1", "Mr Smith"), /customer "Mr Smith"/],
])("%s that the shop cannot take is an error with its line", async (_what, text, message) => {
  await expect(plan(row("0", "A", 1, "1"), text)).rejects.toMatchObject({
    name: "FormatError",
    line: 3,
    message: expect.stringMatching(message) as string,
  });
});

test("an invoice of two customers is an error", async () => {
  await expect(plan(row("1", "A", 1, "1"), row("1", "A", 1, "1", "2.0"))).rejects.toThrow("one customer's");
});

const given = fileURLToPath(new URL("../../../../shared/data/online-retail-2010-12.csv", import.meta.url));

test.runIf(existsSync(given))("the given file has 374 orders and 45 rows that are no sale", async () => {
  const made = await planOf(parseRows(createReadStream(given, "utf8")));
  expect(made.invoices.filter((invoice) => invoice.kind === "order").length).toBe(374);
  expect(made).toMatchObject({ rows: 8_373, repaired: 119, rejected: { malformed: 0, "not-a-sale": 45 } });
});
