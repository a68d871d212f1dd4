import { table, type Output } from "./output.ts";

/** Text of strangers on one line: no control characters, which a terminal might obey. */
export function plain(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ").trim();
}

/** A time by the second, in UTC; `-` where there is none. */
export function time(iso: string | null): string {
  return iso === null ? "-" : `${new Date(iso).toISOString().slice(0, 19)}Z`;
}

/** A duration for people. */
export function span(ms: number): string {
  const s = ms / 1_000;
  if (s < 1) return `${Math.round(ms)} ms`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7_200) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${Math.round(s / 3_600)} h` : `${Math.round(s / 86_400)} d`;
}

/**
 * A table with its head. On a terminal lines end at its edge, since a line that wraps cannot be read; into a pipe they are
 * whole, and nothing depends on the terminal.
 */
export function headed(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { paint, colour }: Output,
  width = process.stdout.isTTY ? process.stdout.columns : undefined,
): string[] {
  const [first, ...rest] = table([head, ...rows.map((row) => row.map(plain))]).map((line) =>
    width !== undefined && line.length > width ? `${line.slice(0, width - 1)}…` : line,
  );
  return [colour ? paint("dim", first!) : first!, ...rest];
}

/** Indented JSON, on one line where it is short. */
export function json(value: unknown, indent: string): string {
  const short = JSON.stringify(value) ?? "null";
  const text = short.length <= 100 ? short : JSON.stringify(value, undefined, 2);
  return text.replaceAll("\n", `\n${indent}`);
}
