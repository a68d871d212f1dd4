import { FormatError } from "./csv.ts";
import type { ParsedRow, Row } from "./parse.ts";
import { checkCode, checkCustomer, checkInvoice, checkLine, checkLines } from "./limits.ts";

/** A line of an order: a row with a quantity and a price. */
export interface Line {
  readonly article: string;
  readonly quantity: number;
  /** Of one piece. */
  readonly pence: number;
  readonly offerId: string;
}

export interface Order {
  readonly kind: "order";
  readonly invoice: string;
  /** Absent: a guest's. */
  readonly customerId: string | undefined;
  readonly country: string;
  readonly lines: readonly Line[];
  readonly totalPence: number;
}

/** Pieces of an article that a customer sends back: one row of a return. */
export interface ReturnRow {
  /** In the file. */
  readonly line: number;
  readonly customerId: string;
  readonly article: string;
  readonly quantity: number;
}

export interface Return {
  readonly kind: "return";
  readonly invoice: string;
  readonly rows: readonly ReturnRow[];
}

export type Invoice = Order | Return;

export type Rejection = "malformed" | "not-a-sale" | "nothing-to-return";

/** What is to be played, and what the file alone decides. */
export interface Plan {
  /** All rows of the file, header aside. */
  readonly rows: number;
  readonly repaired: number;
  /** Rows that are not played at all. */
  readonly rejected: Readonly<Record<Rejection, number>>;
  /** In the order in which they first appear. Orders without a line and returns without a row are left out. */
  readonly invoices: readonly Invoice[];
  /** Every code of the file, with a name. */
  readonly articles: ReadonlyMap<string, string>;
  readonly offers: readonly { readonly offerId: string; readonly article: string; readonly pence: number }[];
  /** Opening stock by article. */
  readonly opening: ReadonlyMap<string, number>;
  /** Known customers, with the country of their first row. */
  readonly customers: ReadonlyMap<string, string>;
}

/** @throws FormatError for a row that asks for more than the shop can take, with its line */
export async function planOf(parsed: AsyncIterable<ParsedRow>): Promise<Plan> {
  const rejected = { malformed: 0, "not-a-sale": 0, "nothing-to-return": 0 };
  const invoices = new Map<string, Row[]>();
  const articles = new Map<string, string>();
  let rows = 0;
  let repaired = 0;
  for await (const { row, repaired: wasRepaired } of parsed) {
    rows += 1;
    if (wasRepaired) repaired += 1;
    if (!row) {
      rejected.malformed += 1;
      continue;
    }
    checkInvoice(row);
    checkCode(row);
    const known = invoices.get(row.invoice);
    if (known) known.push(row);
    else invoices.set(row.invoice, [row]);
    if (!articles.get(row.article)) articles.set(row.article, nameOf(row.description));
  }
  const offers = new Offers();
  const customers = new Map<string, string>();
  const planned: Invoice[] = [];
  for (const [invoice, ofIt] of invoices) {
    const made = invoice.startsWith("C")
      ? returnOf(invoice, ofIt, rejected)
      : orderOf(invoice, ofIt, offers, rejected);
    if (made) planned.push(made);
    for (const { customerId, country } of made ? ofIt : [])
      if (customerId !== undefined && !customers.has(customerId)) customers.set(customerId, country);
  }
  for (const [code, name] of articles) if (name === "") articles.set(code, code);
  return {
    rows,
    repaired,
    rejected,
    invoices: planned,
    articles,
    offers: offers.all,
    opening: openingOf(articles, planned),
    customers,
  };
}

function orderOf(
  invoice: string,
  rows: readonly Row[],
  offers: Offers,
  rejected: Record<Rejection, number>,
): Order | undefined {
  const sales = rows.filter((row) => row.quantity > 0 && row.pence > 0);
  rejected["not-a-sale"] += rows.length - sales.length;
  const [first] = sales;
  if (!first) return undefined;
  checkLines(first, sales.length);
  const customerId = customerOf(sales);
  const lines = sales.map((row) => {
    checkLine(row);
    const { article, quantity, pence } = row;
    return { article, quantity, pence, offerId: offers.idOf(article, pence) };
  });
  const totalPence = lines.reduce((sum, line) => sum + line.quantity * line.pence, 0);
  return { kind: "order", invoice, customerId, country: first.country, lines, totalPence };
}

/** Whose order it is: of the one customer whom its rows name, if any. */
function customerOf(rows: readonly Row[]): string | undefined {
  const [first, ...others] = rows.filter((row) => row.customerId !== undefined);
  if (!first) return undefined;
  checkCustomer(first);
  const stranger = others.find((row) => row.customerId !== first.customerId);
  if (stranger)
    throw new FormatError(
      stranger.line,
      `invoice ${first.invoice} is of customer ${first.customerId} in line ${first.line} and of ${stranger.customerId} here: an order is one customer's`,
    );
  return first.customerId;
}

function returnOf(
  invoice: string,
  rows: readonly Row[],
  rejected: Record<Rejection, number>,
): Return | undefined {
  const asked: ReturnRow[] = [];
  for (const row of rows) {
    const { line, article, customerId, quantity } = row;
    if (quantity >= 0) rejected["not-a-sale"] += 1;
    else if (customerId === undefined) rejected["nothing-to-return"] += 1;
    else {
      checkCustomer(row);
      asked.push({ line, customerId, article, quantity: -quantity });
    }
  }
  return asked.length > 0 ? { kind: "return", invoice, rows: asked } : undefined;
}

/** What is sold of each article in the whole file; of those whose code ends in 7, nine tenths, rounded down. */
function openingOf(articles: ReadonlyMap<string, string>, invoices: readonly Invoice[]): Map<string, number> {
  const opening = new Map([...articles.keys()].map((code) => [code, 0]));
  for (const invoice of invoices) {
    if (invoice.kind !== "order") continue;
    for (const { article, quantity } of invoice.lines) opening.set(article, opening.get(article)! + quantity);
  }
  for (const [code, sold] of opening) if (code.endsWith("7")) opening.set(code, Math.floor((sold * 9) / 10));
  return opening;
}

/** An offer for each pair of article and price, numbered as they come. */
class Offers {
  readonly #ids = new Map<string, string>();
  readonly all: { offerId: string; article: string; pence: number }[] = [];

  idOf(article: string, pence: number): string {
    const key = `${pence} ${article}`;
    const known = this.#ids.get(key);
    if (known) return known;
    const offerId = `replay-${this.all.length + 1}`;
    this.#ids.set(key, offerId);
    this.all.push({ offerId, article, pence });
    return offerId;
  }
}

/** A description as the catalogue takes it: one line, without control characters. */
function nameOf(description: string): string {
  return description
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 200);
}
