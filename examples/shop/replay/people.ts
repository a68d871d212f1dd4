import type { Address } from "../shapes/address.ts";

/** Where a person of the file lives: it tells a country, and the rest is made up so that nobody real is meant. */
export function addressOf(who: string, country: string): Address {
  const local = who
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const place = country
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 60);
  return {
    name: `Customer ${who}`,
    email: `customer-${local || "x"}@customers.example`.slice(0, 254),
    lines: ["1 Replay Road"],
    country: place || "Unspecified",
  };
}
