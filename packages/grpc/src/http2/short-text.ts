/** The longest text that `shortText` takes. */
export const SHORT_TEXT = 8;

/**
 * Characters of one byte each, at most `SHORT_TEXT` of them. For so few, a call into native code costs three times as
 * much as this; a loop that appends would make a string for every character.
 */
export function shortText(b: Buffer, p: number, length: number): string {
  const of = String.fromCharCode;
  switch (length) {
    case 1:
      return of(b[p]!);
    case 2:
      return of(b[p]!, b[p + 1]!);
    case 3:
      return of(b[p]!, b[p + 1]!, b[p + 2]!);
    case 4:
      return of(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!);
    case 5:
      return of(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!, b[p + 4]!);
    case 6:
      return of(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!, b[p + 4]!, b[p + 5]!);
    case 7:
      return of(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!, b[p + 4]!, b[p + 5]!, b[p + 6]!);
    case 8:
      return of(b[p]!, b[p + 1]!, b[p + 2]!, b[p + 3]!, b[p + 4]!, b[p + 5]!, b[p + 6]!, b[p + 7]!);
    default:
      return "";
  }
}
