import { audit } from "./audit/audit.ts";
import { count, entry } from "./audit/entry.ts";
import { moneyOf } from "./audit/money.ts";
import { partsBy } from "./audit/returns.ts";
import { booksOf, type Books } from "./books.ts";
import type { ChaosAsked } from "./arguments.ts";
import { beginChaos } from "./chaos.ts";
import { openClient } from "./client.ts";
import { contracts } from "./contracts.ts";
import { drive } from "./drive.ts";
import { gather } from "./evidence.ts";
import { expect } from "./expected.ts";
import type { Plan } from "./plan.ts";
import { progressOn, type Screen } from "./progress.ts";
import { register } from "./register.ts";
import { reportOf, type Report } from "./report.ts";
import { comeToRest } from "./rest.ts";
import { startShop } from "./running-shop.ts";
import { tallyOf } from "./tally.ts";

export interface ReplayOptions {
  readonly topology: string;
  readonly concurrency: number;
  readonly chaos: ChaosAsked | undefined;
  readonly signal: AbortSignal;
  /** Where progress and the shop's warnings go. */
  readonly screen: Screen;
}

/** Under chaos: so that pauses past it are short, and yet longer than a busy machine's hiccups. */
const chaosLeaseMs = 5_000;
/** Under chaos everything may be away for a while, one thing after the other. */
const chaosPatienceMs = 300_000;

/**
 * Starts the shop on fresh data, plays a plan through its gateway, audits the books, and leaves nothing behind.
 * @throws StartFailure | Unreachable | Refused, or the reason of `signal`
 */
export async function replay(plan: Plan, options: ReplayOptions): Promise<{ report: Report; books: Books }> {
  const { topology, concurrency, chaos: asked, signal, screen } = options;
  const progress = progressOn(screen, plan.invoices.length);
  await using shop = await startShop({
    topology,
    signal,
    say: asked ? () => {} : progress.say,
    ...(asked ? { replicas: asked.replicas, leaseMs: chaosLeaseMs } : {}),
  });
  const patienceMs = asked ? chaosPatienceMs : undefined;
  const client = openClient({
    origin: shop.gateway,
    contracts,
    connections: concurrency + 4,
    signal,
    patienceMs,
  });
  try {
    await register(client, plan);
    progress.say(
      `The shop runs as "${topology}" at ${shop.gateway}; ${plan.invoices.length} invoices to play.`,
    );
    progress.begin();
    const chaos = asked && beginChaos({ ...asked, data: shop.data, say: progress.say });
    const driven = drive(plan, { client, concurrency, signal, advanced: progress.advance, patienceMs });
    let outcomes;
    let broken;
    try {
      outcomes = await (chaos ? Promise.race([driven, chaos.failed]) : driven);
    } finally {
      broken = await chaos?.end();
    }
    progress.end();
    const rest = await comeToRest(shop.units, { signal });
    const evidence = await gather(client);
    const expected = expect(plan, outcomes, concurrency === 1 ? undefined : partsBy(evidence));
    const report = reportOf({
      rows: plan.rows,
      repaired: plan.repaired,
      tally: tallyOf(plan, outcomes),
      lateReturns: outcomes.late.length,
      money: moneyOf(evidence),
      audit: [
        ...audit({ plan, outcomes, rest, evidence, expected }),
        entry("no unit ended by itself", count(shop.units.size, "unit"), shop.deaths),
      ],
      chaos: broken && { ...broken, requestsRepeated: client.repeated() },
      seconds: outcomes.seconds,
    });
    return { report, books: booksOf(outcomes, expected, evidence) };
  } finally {
    progress.end();
    await client.close();
  }
}
