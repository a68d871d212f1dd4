import { setTimeout as sleep } from "node:timers/promises";
import type { BankEntry } from "../fixture/bank.ts";
import type { Books } from "./books.ts";
import { checkConserved, checkEnd, checkOperations, checkTransfers } from "./check-money.ts";
import { checkEvents, checkOwners } from "./check-records.ts";
import type { ClientEntry } from "./client.ts";
import type { Plan } from "./plan.ts";
import { Findings, type Violation } from "./violations.ts";

/** What a ledger at rest is judged by: its databases, the bank's log and the client's. */
export interface Evidence {
  readonly books: Books;
  readonly plan: Plan;
  readonly bank: readonly BankEntry[];
  readonly client: readonly ClientEntry[];
  /** How long the leases of the dead may still stand, in milliseconds. */
  readonly ownersMs: number;
}

/** Everything that must be true of a ledger that has come to rest. */
export async function check({
  books,
  plan,
  bank,
  client,
  ownersMs,
}: Evidence): Promise<readonly Violation[]> {
  const findings = new Findings();
  await checkConserved(books, findings);
  await checkOperations(books, plan, client, findings);
  await checkEvents(books, plan, findings);
  await checkTransfers(books, plan, bank, findings);
  await checkEnd(books, plan, findings);
  return [...findings.violations, ...(await owners(books, ownersMs))];
}

async function owners(books: Books, withinMs: number): Promise<readonly Violation[]> {
  for (const until = Date.now() + withinMs; ; await sleep(50)) {
    const findings = new Findings();
    await checkOwners(books, findings);
    if (findings.violations.length === 0 || Date.now() > until) return findings.violations;
  }
}

/** Looks at the money again and again while the ledger works; gives what it saw once aborted. */
export async function watch(books: Books, signal: AbortSignal): Promise<readonly Violation[]> {
  const findings = new Findings();
  while (!signal.aborted && findings.violations.length === 0) {
    await checkConserved(books, findings);
    await sleep(100, undefined, { signal }).catch(() => {});
  }
  return findings.violations;
}
