/**
 * A decimal price in pence, half a penny rounded up. Read from the digits: 1.005 is 1.00499… in binary.
 * @returns undefined for what is no decimal number
 */
export function penceOf(text: string): number | undefined {
  const found = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text) ?? /^([+-]?)()\.(\d+)$/.exec(text);
  if (!found) return undefined;
  const [, sign, whole = "", fraction = ""] = found;
  const pence = Number(whole) * 100 + Number(fraction.slice(0, 2).padEnd(2, "0"));
  const rest = fraction.slice(2);
  if (sign !== "-") return rest !== "" && rest[0]! >= "5" ? pence + 1 : pence;
  // Up is towards zero here: -0.5 pence is none, -0.51 is one less.
  const down = rest[0] !== undefined && (rest[0] > "5" || (rest[0] === "5" && /[1-9]/.test(rest.slice(1))));
  return 0 - (down ? pence + 1 : pence);
}

/** A whole number such as 6 or -1. @returns undefined for anything else */
export function wholeOf(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) + 0 : undefined;
}

/** A customer's id as text without the ".0" that a spreadsheet gave it. @returns undefined for a guest */
export function customerOf(text: string): string | undefined {
  const trimmed = text.trim();
  return trimmed === "" ? undefined : trimmed.replace(/^(\d+)\.0*$/, "$1");
}
