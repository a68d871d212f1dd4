import type { Outcomes } from "../drive.ts";
import type { Evidence } from "../evidence.ts";
import type { Expected } from "../expected.ts";
import type { Plan } from "../plan.ts";
import { tallyOf, type Tally } from "../tally.ts";
import type { Rest } from "../rest.ts";
import { count, entry, type AuditEntry } from "./entry.ts";
import { auditMoney } from "./money.ts";
import { auditOrders } from "./orders.ts";
import { auditRest } from "./rest.ts";
import { auditReturns } from "./returns.ts";
import { auditStock } from "./stock.ts";

export interface Findings {
  readonly plan: Plan;
  readonly outcomes: Outcomes;
  readonly rest: Rest;
  readonly evidence: Evidence;
  readonly expected: Expected;
}

/** Everything that must hold when a replay has ended. */
export function audit({ plan, outcomes, rest, evidence, expected }: Findings): AuditEntry[] {
  return [
    ...auditRest(rest),
    auditRows(plan, tallyOf(plan, outcomes)),
    ...auditOrders(expected, evidence, outcomes),
    ...auditReturns(expected, evidence),
    ...auditMoney(expected, evidence),
    ...auditStock(plan, expected, evidence),
  ];
}

function auditRows({ rows }: Plan, tally: Tally): AuditEntry {
  const { sold, returned, refused, rejected } = tally;
  const known = sold + returned + refused + Object.values(rejected).reduce((sum, many) => sum + many, 0);
  return entry(
    "every row accounted for",
    count(rows, "row"),
    known === rows ? [] : [`${known} of ${count(rows, "row")} are accounted for`],
  );
}
