import type { Outcomes } from "./drive.ts";
import type { Plan, Rejection } from "./plan.ts";

/** What became of the rows, and of the orders. */
export interface Tally {
  /** Rows of confirmed orders. */
  readonly sold: number;
  /** Rows whose pieces came back. */
  readonly returned: number;
  /** Rows of refused orders. */
  readonly refused: number;
  /** Rows that were not played, by reason. */
  readonly rejected: Readonly<Record<Rejection, number>>;
  readonly orders: {
    readonly placed: number;
    readonly confirmed: number;
    readonly outOfStock: number;
    readonly declined: number;
  };
}

export function tallyOf({ rejected }: Plan, { orders, returns }: Outcomes): Tally {
  const linesOf = (state: string) =>
    orders.filter((one) => one.state === state).reduce((sum, { order }) => sum + order.lines.length, 0);
  const nothing = returns.filter((one) => one.returnId === undefined).length;
  return {
    sold: linesOf("confirmed"),
    returned: returns.length - nothing,
    refused: linesOf("refused"),
    rejected: { ...rejected, "nothing-to-return": rejected["nothing-to-return"] + nothing },
    orders: {
      placed: orders.length,
      confirmed: orders.filter((one) => one.state === "confirmed").length,
      outOfStock: orders.filter((one) => one.reason === "OutOfStock").length,
      declined: orders.filter((one) => one.reason === "Declined").length,
    },
  };
}
