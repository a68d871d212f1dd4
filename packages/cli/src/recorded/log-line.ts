import type { LogLine } from "@kerf/dashboard/api";
import { readableLine } from "@kerf/runtime/log";
import type { Output, Style } from "../output.ts";
import { plain } from "../tables.ts";

const styles: readonly Style[] = ["cyan", "magenta", "yellow", "blue", "green"];

/** Shows lines of the log as `kerf dev` does: the unit before each, always in the same colour. */
export function logLines(output: Output, known: readonly LogLine[] = []): (line: LogLine) => string {
  const colours = new Map<string, Style>();
  let width = Math.max(0, ...known.map(({ unit, service }) => plain(unit ?? service ?? "").length));
  return ({ at, level, message, service, unit, member, traceId, attributes }) => {
    const name = plain(unit ?? service ?? "-");
    if (!colours.has(name)) colours.set(name, styles[colours.size % styles.length]!);
    width = Math.max(width, name.length);
    const time = new Date(at);
    const text = readableLine(
      JSON.stringify(
        {
          ...attributes,
          time,
          level,
          service,
          member: member ?? undefined,
          msg: message,
          traceId: traceId ?? undefined,
        },
        clean,
      ),
      { colour: output.colour },
    );
    const day = time.toDateString() === new Date().toDateString() ? "" : `${dateOf(time)} `;
    const prefix = `${output.paint(colours.get(name)!, name.padEnd(width))} ${output.paint("dim", "|")} `;
    return `${prefix}${day}${text.replaceAll("\n", `\n${prefix}`)}`;
  };
}

/** Text of strangers without control characters, which a terminal might obey. A stack has its lines. */
function clean(name: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replaceAll(name === "stack" ? /(?!\n)\p{Cc}/gu : /\p{Cc}+/gu, " ");
}

function dateOf(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}
