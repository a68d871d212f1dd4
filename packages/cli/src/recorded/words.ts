/** A duration in few characters: `0.4 ms`, `12 ms`, `1.25 s`, `3 min`. `-` where there is none. */
export function took(ms: number | null): string {
  if (ms === null) return "-";
  if (ms < 0.01) return "0 ms";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** A frequency: `0.25/s`, `12/s`. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return "0/s";
  if (perSecond < 0.01) return "<0.01/s";
  return `${perSecond < 10 ? Number(perSecond.toFixed(2)) : Math.round(perSecond)}/s`;
}

/** The local time of day, with the date where it is not today's. */
export function clock(at: number, now = new Date()): string {
  const time = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = (of: Date): string => `${of.getFullYear()}-${two(of.getMonth() + 1)}-${two(of.getDate())}`;
  const ofDay = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
  return day(time) === day(now) ? ofDay : `${day(time)} ${ofDay}`;
}

/** Enough of an id of a trace to tell it from others; a command takes it as well as the whole. */
export function shortId(traceId: string): string {
  return traceId.slice(0, 12);
}

// oxlint-disable-next-line no-control-regex -- what colours a terminal
const codes = /(\u001b\[[\d;]*m)/;

/** A line as long as there is room for; colours take none. */
export function fit(line: string, width: number | undefined): string {
  if (width === undefined || line.length <= width) return line;
  let left = width - 1;
  let cut = false;
  let text = "";
  for (const part of line.split(codes)) {
    if (part.startsWith("\u001b")) text += part;
    else if (!cut && part.length <= left) {
      text += part;
      left -= part.length;
    } else if (!cut && part !== "") {
      text += part.slice(0, left);
      cut = true;
    }
  }
  const whole = line
    .split(codes)
    .filter((part) => !part.startsWith("\u001b"))
    .join("");
  return whole.length <= width ? line : `${text}…`;
}

/** How wide lines may be; undefined where they go to a file or another program, and stay whole. */
export function room(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}
