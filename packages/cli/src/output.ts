import { styleText } from "node:util";

export type Style = Parameters<typeof styleText>[0];

/** Where a command writes, and how. */
export interface Output {
  /** JSON lines instead of text. */
  readonly json: boolean;
  readonly colour: boolean;
  /** A line of standard output. */
  line(text: string): void;
  /** A remark for people: not part of the result, and so on standard error. */
  note(text: string): void;
  paint(style: Style, text: string): string;
}

/** Colours only on a terminal, and never against NO_COLOR (https://no-color.org). */
export function standardOutput({ json }: { json: boolean }): Output {
  const { NO_COLOR } = process.env;
  const colour = process.stdout.isTTY && !NO_COLOR && process.env["TERM"] !== "dumb";
  return {
    json,
    colour,
    line: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    paint: (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** Columns as wide as their longest cell; the last is not filled up. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (wide, row) => row.map((cell, i) => Math.max(cell.length, wide[i] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}
