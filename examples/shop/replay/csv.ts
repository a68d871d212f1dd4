/** One record of a CSV file (RFC 4180). */
export interface CsvRecord {
  /** Where it begins, from 1: records with quoted line breaks take several lines. */
  readonly line: number;
  readonly fields: readonly string[];
  /** Its first field stands in quotes. */
  readonly quoted: boolean;
  /** Text follows a closing quote: what the field was meant to be cannot be told. */
  readonly broken: boolean;
}

/** The text is not the CSV that it should be. `line` says where, from 1. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Longer than any sensible record: most likely a quote that is never closed. */
const maxRecord = 1_048_576;

type State = "start" | "plain" | "quoted" | "quote" | "broken";

/**
 * Reads CSV piece by piece: an optional byte order mark, CRLF or LF, quotes across lines. A quote inside a field that
 * does not begin with one is text, as everywhere. The line break at the end of the file may be missing.
 */
export class CsvReader {
  #state: State = "start";
  #field = "";
  #fields: string[] = [];
  #line = 1;
  #began = 1;
  #size = 0;
  #quoted = false;
  #broken = false;
  #first = true;
  /** A CR that ended the piece before: the LF that may follow belongs to it. */
  #held = "";

  /** The records that end in this piece. @throws FormatError for one that is longer than 1 MiB */
  push(piece: string): CsvRecord[] {
    let text = this.#held + piece;
    this.#held = "";
    if (this.#first && text !== "") {
      this.#first = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    if (text.endsWith("\r")) {
      this.#held = "\r";
      text = text.slice(0, -1);
    }
    return this.#read(text);
  }

  /** The record that the end of the file ends. @throws FormatError where it ends within quotes */
  end(): CsvRecord[] {
    const records = this.#read(this.#held);
    this.#held = "";
    if (this.#state === "quoted")
      throw new FormatError(this.#began, "a quoted field that begins in this row is never closed");
    if (this.#state !== "start" || this.#fields.length > 0) records.push(this.#take());
    return records;
  }

  #read(text: string): CsvRecord[] {
    const records: CsvRecord[] = [];
    for (let at = 0; at < text.length;) {
      if (this.#state === "quoted") {
        const end = text.indexOf('"', at);
        this.#append(text.slice(at, end < 0 ? text.length : end));
        if (end < 0) break;
        this.#state = "quote";
        at = end + 1;
        continue;
      }
      const char = text[at]!;
      if (char === '"' && this.#state === "start") {
        if (this.#fields.length === 0) this.#quoted = true;
        this.#state = "quoted";
        at += 1;
      } else if (char === '"' && this.#state === "quote") {
        this.#append('"');
        this.#state = "quoted";
        at += 1;
      } else if (char === ",") {
        this.#fields.push(this.#field);
        this.#field = "";
        this.#state = "start";
        at += 1;
      } else if (char === "\n" || (char === "\r" && text[at + 1] === "\n")) {
        records.push(this.#take());
        at += char === "\n" ? 1 : 2;
      } else {
        if (this.#state === "quote" || this.#state === "broken") {
          this.#broken = true;
          this.#state = "broken";
        } else this.#state = "plain";
        const end = endOfPlain(text, at + 1);
        this.#append(text.slice(at, end));
        at = end;
      }
    }
    return records;
  }

  #append(text: string): void {
    this.#field += text;
    this.#size += text.length;
    if (this.#size > maxRecord)
      throw new FormatError(
        this.#began,
        "the row that begins here is longer than 1 MiB: perhaps a quote in it is never closed",
      );
    if (this.#state !== "quoted") return;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#line += 1;
  }

  #take(): CsvRecord {
    const record = {
      line: this.#began,
      fields: [...this.#fields, this.#field],
      quoted: this.#quoted,
      broken: this.#broken,
    };
    this.#began = this.#line += 1;
    this.#fields = [];
    this.#field = "";
    this.#size = 0;
    this.#quoted = false;
    this.#broken = false;
    this.#state = "start";
    return record;
  }
}

/** Where a run of plain text ends: before a comma, a line break, or a CR that may be part of one. */
function endOfPlain(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 44 || code === 10 || code === 13) return at;
  }
  return text.length;
}
