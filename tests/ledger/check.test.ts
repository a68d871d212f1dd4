/** A checker that finds nothing proves nothing: each invariant is broken once by hand, and must be found. */
import { rig, type Rig } from "@kerf/testing";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import app from "../fixture/app.ts";
import { openBank, type Bank } from "../fixture/bank.ts";
import { statements } from "../fixture/statements/contract.ts";
import { openBooks, type Books } from "./books.ts";
import { check, type Evidence } from "./check.ts";
import { Client } from "./client.ts";
import { planOf } from "./plan.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-ledger-"));
const plan = planOf(7, 10);
let bank: Bank;
let box: Rig;
let books: Books;
let evidence: Evidence;

beforeAll(async () => {
  bank = await openBank(join(folder, "bank.ndjson"));
  box = await rig(app, { settings: { KERF_ACCOUNTS_BANK_URL: bank.url }, timing: { giveUpMs: 100 } });
  books = await openBooks(box);
  const client = new Client(box, join(folder, "client.ndjson"));
  await box.call(statements.break, { account: plan.poison, broken: true });
  await client.all(plan.opening);
  await client.all(plan.load);
  await box.settled();
  evidence = { books, plan, bank: bank.entries, client: client.entries, ownersMs: 500 };
}, 60_000);

afterAll(async () => {
  await books?.[Symbol.asyncDispose]();
  await box?.stop();
  await bank?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function broken(given: Evidence = evidence): Promise<number[]> {
  return [...new Set((await check(given)).map((violation) => violation.invariant))].toSorted((a, b) => a - b);
}

test("a ledger that lost nothing passes", async () => {
  expect(await check(evidence)).toEqual([]);
});

type Service = "accounts" | "transfers" | "statements" | "broker";

/** What is done to the records, and what takes it back. */
const breaches: readonly (readonly [number, what: string, Service, breach: string, mend: string])[] = [
  [
    1,
    "money out of nothing",
    "accounts",
    "update account set pence = pence + 1 where id = 'anne'",
    "update account set pence = pence - 1 where id = 'anne'",
  ],
  [1, "a hold that stays", "accounts", "insert into hold values ('remit 0', 5)", "delete from hold"],
  [
    2,
    "an effect that is missing",
    "accounts",
    "update movement set reference = 'gone' where reference = 'gift gift 1'",
    "update movement set reference = 'gift gift 1' where reference = 'gone'",
  ],
  [
    3,
    "a change without its event",
    "accounts",
    "insert into movement values ('anne', 0, 'silent')",
    "delete from movement where reference = 'silent'",
  ],
  [
    4,
    "a line that came twice",
    "statements",
    "insert into line values ('anne', 1, 0)",
    "delete from line where position = (select max(position) from line)",
  ],
  [
    4,
    "a time of the schedule that ran twice",
    "statements",
    "insert into run (slot) select min(slot) from run",
    "delete from run r using run s where r.slot = s.slot and r.ctid > s.ctid",
  ],
  [
    5,
    "lines in the wrong order",
    "statements",
    "update line set number = 3 - number where account = 'anne' and number < 3",
    "update line set number = 3 - number where account = 'anne' and number < 3",
  ],
  [
    6,
    "a payment that was refused and stays cleared",
    "accounts",
    "insert into cleared values ('remit 1')",
    "delete from cleared where transfer = 'remit 1'",
  ],
  [
    6,
    "steps that were not undone in reverse",
    "transfers",
    "update kerf.saga_step set at = at - interval '1 h' where name = 'hold' and state = 'undone'",
    "update kerf.saga_step set at = at + interval '1 h' where name = 'hold' and state = 'undone'",
  ],
  [
    7,
    "a command that nobody decides",
    "accounts",
    "update kerf.command set state = 'intent' where id = 'gift gift 1'",
    "update kerf.command set state = 'ok' where id = 'gift gift 1'",
  ],
  [
    8,
    "a fence that nobody gave",
    "broker",
    "update broker.publishers set fence = fence + 1000 where name = 'accounts'",
    "update broker.publishers set fence = fence - 1000 where name = 'accounts'",
  ],
  [
    9,
    "a dead letter that nobody expects",
    "statements",
    "insert into kerf.parked (channel, key, id, body, state, error, next_at) values ('x', 'anne', 'x', '', 'dead', '', now())",
    "delete from kerf.parked where id = 'x'",
  ],
  [
    10,
    "money on the wrong account",
    "accounts",
    "update account set pence = pence + case id when 'anne' then 1 else -1 end where id in ('anne', 'bert')",
    "update account set pence = pence - case id when 'anne' then 1 else -1 end where id in ('anne', 'bert')",
  ],
  [
    11,
    "a retry that is left",
    "accounts",
    "insert into kerf.parked (channel, key, id, body, error, next_at) values ('x', 'x', 'x', '', '', now() + interval '1 h')",
    "delete from kerf.parked where id = 'x'",
  ],
];

test.each(breaches)("invariant %i: %s", async (invariant, _what, service, breach, mend) => {
  await books[service].unsafe(breach);
  expect(await broken()).toContain(invariant);
  await books[service].unsafe(mend);
  expect(await broken()).toEqual([]);
});

test("invariant 2: what the client was told against what happened", async () => {
  const client = evidence.client.map((entry) =>
    entry.id === "gift 1" ? { ...entry, outcome: "failed" as const } : entry,
  );
  expect(await broken({ ...evidence, client })).toEqual([2]);
});

test("invariant 6: a payment that the bank has cleared and nobody took back", async () => {
  const kept = evidence.bank.filter((entry) => entry.action !== "void");
  expect(kept.length).toBeLessThan(evidence.bank.length);
  expect(await broken({ ...evidence, bank: kept })).toEqual([6]);
});
