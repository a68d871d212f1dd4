import { styleText } from "node:util";

export interface ReadableOptions {
  readonly colour: boolean;
}

type Style = Parameters<typeof styleText>[0];

const levelStyles: Readonly<Record<string, Style>> = {
  trace: "dim",
  debug: "dim",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: ["red", "bold"],
};

/** Shown in a place of their own, or by whoever prefixes the line. */
const placed = new Set(["time", "level", "unit", "service", "member", "msg", "err", "error"]);

/**
 * Turns a JSON line of a log into one for people: `12:03:04.567 warn  orders@1.place message key=value`, with the
 * stack of an error on lines of its own. A line that is not such JSON comes back as it is.
 */
export function readableLine(line: string, { colour }: ReadableOptions): string {
  const entry = parse(line);
  if (!entry) return line.trimEnd();
  const paint = (style: Style, text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const level = String(entry["level"]);
  const parts = [
    paint("dim", timeOfDay(entry["time"])),
    paint(levelStyles[level] ?? "reset", level.padEnd(5)),
  ];
  const place = entry["member"] ?? entry["service"];
  if (typeof place === "string") parts.push(paint("cyan", place));
  if (typeof entry["msg"] === "string") parts.push(entry["msg"]);
  for (const [name, value] of Object.entries(entry)) {
    if (!placed.has(name)) parts.push(paint("dim", `${name}=${textOf(value)}`));
  }
  const error = entry["err"] ?? entry["error"];
  const lines = error === undefined ? [] : errorLines(error).map((text) => paint("red", `    ${text}`));
  return [parts.join(" "), ...lines].join("\n");
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "level" in value
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function timeOfDay(time: unknown): string {
  const at = new Date(typeof time === "string" || typeof time === "number" ? time : Number.NaN);
  if (Number.isNaN(at.getTime())) return "--:--:--.---";
  const [hours, minutes, seconds] = [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) =>
    digits(n, 2),
  );
  return `${hours}:${minutes}:${seconds}.${digits(at.getMilliseconds(), 3)}`;
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

function textOf(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
  return /^[^\s"=]+$/.test(text) || typeof value !== "string" ? text : JSON.stringify(text);
}

function errorLines(error: unknown): string[] {
  if (typeof error !== "object" || error === null) return [String(error)];
  const { stack, message, cause } = error as { stack?: unknown; message?: unknown; cause?: unknown };
  const own = String(stack ?? message ?? JSON.stringify(error)).split("\n");
  return cause === undefined
    ? own
    : [...own, ...errorLines(cause).map((line, i) => (i === 0 ? `caused by ${line}` : line))];
}
