const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};
const MOST = 99_999_999;

/** `grpc-timeout` for so many milliseconds: at most eight digits and a unit, rounded up. */
export function formatTimeout(ms: number): string {
  if (ms <= 0) return "0m";
  if (ms < 1) return `${Math.ceil(ms * 1000)}u`;
  if (ms <= MOST) return `${Math.ceil(ms)}m`;
  if (ms <= MOST * 1000) return `${Math.ceil(ms / 1000)}S`;
  return `${Math.min(MOST, Math.ceil(ms / 3_600_000))}H`;
}

/** Milliseconds of a `grpc-timeout`; undefined when it is not one. */
export function parseTimeout(text: string): number | undefined {
  const { length } = text;
  const unit = UNITS[text[length - 1] ?? ""];
  if (unit === undefined || length < 2 || length > 9) return undefined;
  let value = 0;
  for (let at = 0; at < length - 1; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value * unit;
}
