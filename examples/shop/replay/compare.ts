import { isDeepStrictEqual } from "node:util";
import type { Books } from "./books.ts";

/** A place where two books differ. */
export interface Difference {
  /** `"orders 536365"`. */
  readonly place: string;
  readonly left: unknown;
  readonly right: unknown;
}

/** Where two books differ, by invoice and article. Refunds are part of their order. */
export function compareBooks(left: Books, right: Books): Difference[] {
  return (["orders", "returns", "stock"] as const).flatMap((part) => {
    const keys = new Set([...Object.keys(left[part]), ...Object.keys(right[part])]);
    return [...keys].toSorted().flatMap((key) => {
      const [a, b] = [left[part][key], right[part][key]];
      return isDeepStrictEqual(a, b) ? [] : [{ place: `${part} ${key}`, left: a, right: b }];
    });
  });
}

const shown = 20;

/** For people. */
export function differencesText(left: Books, right: Books, differences: readonly Difference[]): string {
  if (differences.length === 0) return `The books are the same: ${many(left)}.`;
  const more = differences.length > shown ? [`… and ${differences.length - shown} more`] : [];
  return [
    `The books differ in ${differences.length} places (${many(left)} against ${many(right)}):`,
    ...differences
      .slice(0, shown)
      .map(
        (one) =>
          `  ${one.place}: ${JSON.stringify(one.left) ?? "(none)"} against ${JSON.stringify(one.right) ?? "(none)"}`,
      ),
    ...more,
  ].join("\n");
}

function many(books: Books): string {
  const [orders, returns, stock] = [books.orders, books.returns, books.stock].map(
    (part) => Object.keys(part).length,
  );
  return `${orders} orders, ${returns} returns, ${stock} articles`;
}
