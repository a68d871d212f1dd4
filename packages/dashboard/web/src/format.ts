/** How numbers, times and names read, the same in every view. */

export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms === 0) return "0 ms";
  if (ms < 0.9995) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
  const s = Math.round(ms / 1_000);
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`;
}

export function rate(perSecond: number): string {
  if (perSecond === 0) return "0/s";
  if (perSecond >= 100) return `${Math.round(perSecond)}/s`;
  if (perSecond >= 1) return `${perSecond.toFixed(1)}/s`;
  if (perSecond * 60 >= 10) return `${Math.round(perSecond * 60)}/min`;
  if (perSecond * 60 >= 0.1) return `${(perSecond * 60).toFixed(1)}/min`;
  return `${Math.max(1, Math.round(perSecond * 3_600))}/h`;
}

const whole = new Intl.NumberFormat("en-GB");
export const count = (value: number) => whole.format(value);

export function bytes(value: number | null): string {
  if (value === null) return "–";
  if (value < 1024) return `${Math.round(value)} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length, Math.floor(Math.log2(value) / 10));
  const scaled = value / 1024 ** power;
  return `${scaled.toFixed(scaled < 10 ? 1 : 0)} ${units[power - 1]}`;
}

export function share(part: number, of: number): string {
  if (of === 0 || part === 0) return "0 %";
  const percent = (part / of) * 100;
  return `${percent < 0.1 ? "< 0.1" : percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
type Moment = number | string;

/** `3 Nov` */
export const day = (at: Moment) => dayFormat.format(new Date(at));

/** `14:03:07.123` */
export function clock(at: Moment, { ms = true } = {}): string {
  const date = new Date(at);
  return clockFormat.format(date) + (ms ? `.${String(date.getMilliseconds()).padStart(3, "0")}` : "");
}

/** `14:03:07`, or `3 Nov 14:03:07` where it is another day. */
export function moment(at: Moment): string {
  const date = new Date(at);
  const time = clockFormat.format(date);
  return date.toDateString() === new Date().toDateString() ? time : `${day(at)} ${time}`;
}

/** `3 s ago` */
export function ago(at: Moment): string {
  const s = Math.max(0, Math.round((Date.now() - new Date(at).getTime()) / 1_000));
  if (s < 60) return `${s} s ago`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ago`;
  return `${Math.floor(s / 86_400)} d ago`;
}

/** A value in a metric's unit of UCUM. */
export function inUnit(value: number, unit: string): string {
  if (unit === "s") return duration(value * 1_000);
  if (unit === "ms") return duration(value);
  if (unit === "By") return bytes(value);
  if (unit === "1") return value === 0 ? "0" : value.toFixed(2);
  const text =
    Math.abs(value) >= 100 || Number.isInteger(value) ? count(Math.round(value)) : value.toPrecision(3);
  return unit === "" || unit.startsWith("{") ? text : `${text} ${unit}`;
}

export function plural(number: number, one: string, more = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : more}`;
}
