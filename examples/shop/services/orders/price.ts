export interface Offer {
  readonly offerId: string;
  readonly article: string;
  readonly name: string;
  readonly pence: number;
}

export interface PricedLine extends Offer {
  readonly quantity: number;
}

/** Lines with the article and price of their offers; `unknown` is the first offer that does not exist. */
export function priceLines(
  lines: readonly { readonly offerId: string; readonly quantity: number }[],
  offers: readonly Offer[],
): { readonly lines: PricedLine[]; readonly totalPence: number } | { readonly unknown: string } {
  const byId = new Map(offers.map((offer) => [offer.offerId, offer]));
  const priced: PricedLine[] = [];
  for (const { offerId, quantity } of lines) {
    const offer = byId.get(offerId);
    if (!offer) return { unknown: offerId };
    priced.push({ ...offer, quantity });
  }
  return { lines: priced, totalPence: priced.reduce((sum, line) => sum + line.quantity * line.pence, 0) };
}
