import type { Output } from "../output.ts";
import { headed, plain } from "../tables.ts";
import { room } from "./words.ts";

export interface Column {
  readonly head: string;
  /** A name: where there is no room it is shortened in its middle, to this many characters. */
  readonly least?: number;
}

export interface FittedTable {
  readonly head: string;
  readonly rows: readonly string[];
  /** A line that says what was left out; none where all is there. */
  readonly hint: readonly string[];
}

/** To this even a name is shortened before lines end at the edge. */
const SHORTEST = 6;
/** Between two columns. */
const GAP = 2;

/**
 * A table that can be read in `width` characters, the terminal's: names are shortened, then columns are left out in the order
 * of `spare`, by their heads. Without a width all of it is there, whole.
 */
export function fittedTable(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  spare: readonly string[],
  output: Output,
  width = room(),
): FittedTable {
  const rows = cells.map((row) => row.map(plain));
  const widths = columns.map(({ head }, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  const kept = new Set(columns.keys());
  const left: string[] = [];
  const total = (of: (i: number) => number): number => [...kept].reduce((sum, i) => sum + of(i) + GAP, -GAP);
  const most = width ?? Infinity;

  const least = (i: number): number => Math.min(widths[i]!, columns[i]!.least ?? Infinity);
  for (const head of spare) {
    if (total(least) <= most) break;
    kept.delete(columns.findIndex((column) => column.head === head));
    left.push(head);
  }
  for (const floor of [least, () => SHORTEST])
    while (total((i) => widths[i]!) > most) {
      const names = [...kept].filter((i) => columns[i]!.least !== undefined && widths[i]! > floor(i));
      if (names.length === 0) break;
      const longest = names.reduce((a, b) => (widths[b]! > widths[a]! ? b : a));
      widths[longest]!--;
    }

  const picked = (row: readonly string[]): string[] => [...kept].map((i) => shortened(row[i]!, widths[i]!));
  const [head, ...lines] = headed(
    picked(columns.map((column) => column.head)),
    rows.map(picked),
    output,
    width,
  );
  const hint =
    left.length === 0 ? [] : [output.paint("dim", `Left out: ${left.join(", ")}; --json has all.`)];
  return { head: head!, rows: lines, hint };
}

/** What tells names apart is at their ends. */
function shortened(name: string, width: number): string {
  if (name.length <= width) return name;
  const start = Math.floor((width - 1) / 2);
  return `${name.slice(0, start)}…${name.slice(name.length - (width - 1 - start))}`;
}
