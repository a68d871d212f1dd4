const pounds = new Intl.NumberFormat("en-GB", { style: "currency", currency: "GBP" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** `1250` as £12.50. */
export function price(pence: number): string {
  return pounds.format(pence / 100);
}

export function when(iso: string): string {
  return moment.format(new Date(iso));
}
