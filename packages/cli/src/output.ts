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

/**
 * Colours only on a terminal, and never against NO_COLOR (https://no-color.org). With `alone`, what anybody else prints in
 * this process goes to standard error from here on.
 */
export function standardOutput({ json, alone = false }: { json: boolean; alone?: boolean }): Output {
  const write = alone ? takeStandardOutput() : undefined;
  const { NO_COLOR } = process.env;
  const colour = process.stdout.isTTY && !NO_COLOR && process.env["TERM"] !== "dumb";
  return {
    json,
    colour,
    line: (text) => void (write ? write(`${text}\n`) : process.stdout.write(`${text}\n`)),
    note: (text) => void process.stderr.write(`${text}\n`),
    paint: (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** Sends what is printed in this process to standard error from here on; gives how to write to standard output. */
export function takeStandardOutput(): typeof process.stdout.write {
  const write = process.stdout.write.bind(process.stdout) as typeof process.stdout.write;
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof write;
  return write;
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
