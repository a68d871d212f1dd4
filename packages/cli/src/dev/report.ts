import { readableLine } from "@kerf/runtime/log";
import type { Output, Style } from "../output.ts";

const OWN = "kerf";
const styles: readonly Style[] = [
  "cyan",
  "magenta",
  "yellow",
  "blue",
  "green",
  "cyanBright",
  "magentaBright",
];

export type Severity = "info" | "warn" | "error";

/** What a supervisor tells people: the lines of its units with their names before them, and its own. */
export interface Report {
  /** A line that a unit wrote. */
  unitLine(unit: string, line: string): void;
  /** Something the supervisor has to say, about a unit or about all of them; `fields` go into the JSON only. */
  say(severity: Severity, text: string, fields?: { readonly [name: string]: unknown }): void;
}

export function reportTo(output: Output, units: readonly string[]): Report {
  const width = Math.max(OWN.length, ...units.map((unit) => unit.length));
  const prefix = (name: string, style: Style) =>
    `${output.paint(style, name.padEnd(width))} ${output.paint("dim", "|")} `;
  const prefixes = new Map(units.map((unit, i) => [unit, prefix(unit, styles[i % styles.length]!)]));
  const own = prefix(OWN, "bold");
  const paints: Record<Severity, (text: string) => string> = {
    info: (text) => text,
    warn: (text) => output.paint("yellow", text),
    error: (text) => output.paint("red", text),
  };

  return {
    unitLine(unit, line) {
      if (!line.trim()) return;
      if (output.json) output.line(isJson(line) ? line : entry("info", unit, line));
      else {
        for (const text of readableLine(line, { colour: output.colour }).split("\n"))
          output.line(`${prefixes.get(unit) ?? own}${text}`);
      }
    },
    say(severity, text, fields = {}) {
      if (output.json) output.line(entry(severity, OWN, text, fields));
      else for (const line of text.split("\n")) output.line(own + paints[severity](line));
    },
  };
}

/** Whether it is a line of the log: console.log may print what only begins like one. */
function isJson(line: string): boolean {
  if (!line.startsWith("{")) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function entry(level: Severity, unit: string, msg: string, fields: object = {}): string {
  return JSON.stringify({ level, time: new Date().toISOString(), unit, ...fields, msg });
}
