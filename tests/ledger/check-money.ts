import type { BankEntry } from "../fixture/bank.ts";
import type { Books } from "./books.ts";
import type { ClientEntry, Outcome } from "./client.ts";
import { expectedEnd, type Plan } from "./plan.ts";
import type { Findings } from "./violations.ts";

/** At any moment: what is on accounts is what moved, and what left them for a transfer is held (1). */
export async function checkConserved({ accounts }: Books, findings: Findings): Promise<void> {
  const [row] = await accounts<{ pence: number; moved: number; held: number; away: number }[]>`
    select (select coalesce(sum(pence), 0) from account) as pence, (select coalesce(sum(pence), 0) from movement) as moved,
      (select coalesce(sum(pence), 0) from hold) as held,
      (select coalesce(-sum(pence), 0) from movement where reference like 'remit/%') as away`;
  const { pence, moved, held, away } = row!;
  findings.same(1, pence, moved, "money on accounts against movements");
  findings.same(1, held, away, "money held against money that left accounts for a transfer");
}

/** Every operation of the client: one effect of each that was ok, none of a failed one, at most one of an unknown (2). */
export async function checkOperations(
  { accounts, transfers }: Books,
  plan: Plan,
  log: readonly ClientEntry[],
  findings: Findings,
): Promise<void> {
  const last = new Map<string, Outcome>(log.map(({ id, outcome }) => [id, outcome]));
  const rows = await accounts<{ reference: string; times: number }[]>`
    select reference, count(*) as times from movement group by reference`;
  const movements = new Map(rows.map((row) => [row.reference, row.times]));
  const sagas = await transfers<{ id: string }[]>`select id from kerf.saga where name = 'remit'`;
  const started = new Set(sagas.map((saga) => saga.id));
  for (const operation of [...plan.opening, ...plan.load]) {
    const { id, kind } = operation;
    const reference = kind === "gift" ? `gift ${id}` : id;
    const effects = kind === "remit" ? Number(started.has(id)) : (movements.get(reference) ?? 0);
    const outcome = last.get(id);
    const fine = outcome === "ok" ? effects === 1 : outcome === "failed" ? effects === 0 : effects <= 1;
    findings.expect(2, fine && outcome !== undefined, `${id} ended ${outcome} and has ${effects} effects`);
    if (kind === "overdraw") findings.same(2, outcome, "failed", `${id} asked for too much`);
  }
  const wanted = [...plan.opening, ...plan.load].filter(({ kind }) => kind === "remit").length;
  findings.same(2, started.size, wanted, "transfers started");
}

/** Every transfer ended with all of its steps, or with all that it did taken back once, in reverse (6). */
export async function checkTransfers(
  { accounts, transfers }: Books,
  plan: Plan,
  bank: readonly BankEntry[],
  findings: Findings,
): Promise<void> {
  const { states } = expectedEnd(plan);
  const movements = await accounts<{ reference: string }[]>`select reference from movement order by position`;
  const cleared = await accounts<{ transfer: string }[]>`select transfer from cleared order by 1`;
  const reviews = await transfers<{ transfer: string }[]>`select transfer from review order by 1`;
  const finished = await transfers<
    { transfer: string; state: string }[]
  >`select transfer, state from finished order by 1`;
  const ends = await transfers<{ id: string; state: string }[]>`select id, state from transfer order by 1`;
  const steps = await transfers<Step[]>`
    select id, name, state, position, extract(epoch from at)::float8 as at from kerf.saga_step
    where saga = 'remit' and command_id <> '' and name not like 'refused: %' order by at`;
  const ids = [...states.keys()].toSorted();
  const done = ids.filter((id) => states.get(id) === "done");
  const pick = ({ transfer }: { transfer: string }): string => transfer;
  const wanted = ids.map((id) => [id, states.get(id)]);
  findings.same(
    6,
    finished.map(({ transfer, state }) => [transfer, state]).toSorted(),
    wanted,
    "transfers finished",
  );
  findings.same(6, ends.map(({ id, state }) => [id, state]).toSorted(), wanted, "states of transfers");
  findings.same(6, cleared.map(pick).toSorted(), done, "payments that stay cleared");
  findings.same(6, reviews.map(pick).toSorted(), done, "reviews that stay");
  for (const id of ids) {
    const own = movements.map((m) => m.reference).filter((reference) => reference.startsWith(`remit/${id}/`));
    const refused = states.get(id) === "refused";
    const wantedMoves = [`remit/${id}/hold`, refused ? `remit/${id}/hold!undo` : `remit/${id}/settle`];
    findings.same(6, own, wantedMoves, `movements of ${id}`);
    const asked = bank.filter((entry) => entry.transfer === id && !entry.repeated);
    const voided = refused && asked[0]?.verdict === "done";
    findings.same(
      6,
      asked.map((entry) => entry.action),
      voided ? ["clear", "void"] : ["clear"],
      `what the bank was told of ${id}`,
    );
    const open = steps.filter((step) => step.id === id && !ended(step.state, refused));
    findings.same(6, open, [], `steps of ${id} that are neither done nor taken back`);
    const undone = steps.filter((step) => step.id === id && step.state === "undone");
    const reverse = undone.toSorted((a, b) => b.position - a.position);
    findings.same(6, undone.map(nameOf), reverse.map(nameOf), `order in which steps of ${id} were undone`);
  }
}

interface Step {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly position: number;
}

function nameOf({ name }: Step): string {
  return name;
}

function ended(state: string, refused: boolean): boolean {
  return refused ? state === "undone" || state === "failed" : state === "done";
}

/** What the ledger ends with is what the plan says, whatever died on the way, in every topology (10). */
export async function checkEnd({ accounts }: Books, plan: Plan, findings: Findings): Promise<void> {
  const { pence } = expectedEnd(plan);
  const rows = await accounts<{ id: string; pence: number }[]>`
    select id, pence from account where id not like 'once %' order by id`;
  const wanted = [...pence].toSorted(([a], [b]) => (a < b ? -1 : 1));
  findings.same(
    10,
    rows.map((row) => [row.id, row.pence]),
    wanted,
    "accounts at the end",
  );
}
