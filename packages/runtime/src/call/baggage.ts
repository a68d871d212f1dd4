/** Of https://www.w3.org/TR/baggage/#limits: what is longer is not carried. */
const bytesAtMost = 8_192;

/** Printable ASCII, as metadata can carry it: everything else is percent-encoded in it. */
const pattern = /^[!-~ \t]+$/;

/** W3C baggage as it came, where it may be carried on. */
export function baggageOf(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= bytesAtMost && pattern.test(text) ? text : undefined;
}

/** What work sends on of the baggage that it was given: with what was changed meanwhile, where somebody could. */
export type SendBaggage = (given: string | undefined) => string | undefined;

/** Where nobody can change it. */
export const asGiven: SendBaggage = (given) => given;
