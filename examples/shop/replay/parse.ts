import { CsvReader, FormatError, type CsvRecord } from "./csv.ts";
import { customerOf, penceOf, wholeOf } from "./values.ts";

/** A row that can be used. */
export interface Row {
  /** On which line of the file it begins, from 1. */
  readonly line: number;
  readonly invoice: string;
  readonly article: string;
  readonly description: string;
  readonly quantity: number;
  /** Of one piece, rounded half up. */
  readonly pence: number;
  /** Absent: a guest. */
  readonly customerId: string | undefined;
  readonly country: string;
}

/** A row of the file. `row` is absent where it is malformed; `repaired`: it was one quoted field that held a whole row. */
export interface ParsedRow {
  readonly line: number;
  readonly row: Row | undefined;
  readonly repaired: boolean;
}

export const columns = [
  "InvoiceNo",
  "StockCode",
  "Description",
  "Quantity",
  "InvoiceDate",
  "UnitPrice",
  "CustomerID",
  "Country",
] as const;

/**
 * The rows of a file of the Online Retail format, header aside.
 * @throws FormatError for another header, an unclosed quote, a row without end
 */
export async function* parseRows(
  pieces: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<ParsedRow> {
  let header = false;
  for await (const record of recordsOf(pieces)) {
    if (header) yield parseRow(record);
    else checkHeader(record);
    header = true;
  }
  if (!header) throw new FormatError(1, `the file is empty; it begins with ${columns.join(",")}`);
}

async function* recordsOf(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<CsvRecord> {
  const reader = new CsvReader();
  for await (const piece of pieces) yield* reader.push(piece);
  yield* reader.end();
}

function checkHeader(record: CsvRecord): void {
  const { fields } = unwrap(record) ?? record;
  if (fields.length === columns.length && columns.every((name, i) => fields[i] === name)) return;
  const found = fields.join(",");
  throw new FormatError(
    record.line,
    `the first line is ${columns.join(",")}, and not ${JSON.stringify(found.length > 120 ? `${found.slice(0, 120)}…` : found)}`,
  );
}

/** The row that the only, quoted field of a record holds. */
function unwrap({ fields, quoted, broken, line }: CsvRecord): CsvRecord | undefined {
  if (fields.length !== 1 || !quoted || broken) return undefined;
  try {
    const reader = new CsvReader();
    const inner = [...reader.push(fields[0]!), ...reader.end()];
    return inner.length === 1 && inner[0]!.fields.length === columns.length
      ? { ...inner[0]!, line }
      : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function parseRow(record: CsvRecord): ParsedRow {
  const inner = unwrap(record);
  return { line: record.line, row: rowOf(inner ?? record), repaired: inner !== undefined };
}

function rowOf({ line, fields, broken }: CsvRecord): Row | undefined {
  if (fields.length !== columns.length || broken) return undefined;
  const [
    invoice = "",
    article = "",
    description = "",
    quantityText = "",
    ,
    price = "",
    customer = "",
    country = "",
  ] = fields;
  const quantity = wholeOf(quantityText);
  const pence = penceOf(price);
  if (invoice === "" || article === "" || quantity === undefined || pence === undefined) return undefined;
  return { line, invoice, article, description, quantity, pence, customerId: customerOf(customer), country };
}
