import { ArticleCode, maxLines, Quantity } from "../shapes/article.ts";
import { UnitPence } from "../shapes/money.ts";
import { line } from "../shapes/text.ts";
import { FormatError } from "./csv.ts";
import type { Row } from "./parse.ts";

const Reference = line(64);
/** What the development identity of the gateway takes for a person's id. */
const customerPattern = /^[\w.@-]{1,100}$/;

/** The shop keeps an invoice's number as the reference of its order. */
export function checkInvoice({ line: at, invoice }: Row): void {
  if (!Reference.safeParse(invoice).success)
    throw new FormatError(
      at,
      `the invoice ${JSON.stringify(invoice)} is not one line of at most 64 characters`,
    );
}

export function checkCode({ line: at, article }: Row): void {
  if (!ArticleCode.safeParse(article).success)
    throw new FormatError(
      at,
      `the article ${JSON.stringify(article)} is not one line of at most 64 characters`,
    );
}

export function checkCustomer({ line: at, customerId }: Row): void {
  if (customerId !== undefined && !customerPattern.test(customerId))
    throw new FormatError(
      at,
      `the customer ${JSON.stringify(customerId)} is not at most 100 letters, digits, dots, dashes, @ and _`,
    );
}

/** What the shop takes in one line of an order. */
export function checkLine({ line: at, quantity, pence }: Row): void {
  if (!Quantity.safeParse(quantity).success)
    throw new FormatError(at, `a quantity of ${quantity} is more than the shop takes in one line (100,000)`);
  if (!UnitPence.safeParse(pence).success)
    throw new FormatError(at, `a price of ${pence} pence is more than the shop takes (10,000,000)`);
}

export function checkLines({ line: at, invoice }: Row, count: number): void {
  if (count > maxLines)
    throw new FormatError(at, `invoice ${invoice} has ${count} lines; the shop takes ${maxLines} at most`);
}
