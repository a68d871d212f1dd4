import { crashFiles, rig, type CrashFiles, type Rig } from "@kerf/testing";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import app from "../fixture/app.ts";
import { openBank, type Bank } from "../fixture/bank.ts";
import { statements } from "../fixture/statements/contract.ts";
import { openBooks, type Books } from "./books.ts";
import type { TopologyName } from "./cases.ts";
import { check, watch } from "./check.ts";
import { Client } from "./client.ts";
import { measure, type Measured } from "./measure.ts";
import { planOf, type Plan } from "./plan.ts";
import type { Violation } from "./violations.ts";

export const leaseMs = 1_000;
/** How long after the load a point may still be reached, and how long coming to rest may take. */
const reachMs = 15_000;
const restMs = 90_000;

export interface Run {
  readonly topology: TopologyName;
  readonly deaths: Readonly<Record<string, string>>;
  readonly seed: number;
  /** For the logs of bank, client and crashes. */
  readonly folder: string;
}

export interface RunResult extends Measured {
  readonly violations: readonly Violation[];
  /** Points at which a unit was to die and did not. */
  readonly missed: readonly string[];
  readonly ms: number;
}

/** Runs the ledger under load on new databases, lets units die on the way, and judges what is left when it rests. */
export async function runCase({ topology, deaths, seed, folder }: Run): Promise<RunResult> {
  const since = performance.now();
  mkdirSync(folder, { recursive: true });
  const files = crashFiles(folder, deaths);
  const plan = planOf(seed);
  await using bank = await openBank(join(folder, "bank.ndjson"));
  await using box = await started(topology, bank, files);
  await using books = await openBooks(box);
  const client = new Client(box, join(folder, "client.ndjson"));
  const judged = await play({ box, books, bank, client, plan, deaths, files });
  const measured = await measure([...box.processes.keys()], files, books, bank.entries);
  return { ...judged, ...measured, ms: Math.round(performance.now() - since) };
}

function started(topology: TopologyName, bank: Bank, files: CrashFiles): Promise<Rig> {
  return rig(app, {
    mode: "processes",
    topology,
    supervise: true,
    config: new URL("../fixture/app.ts", import.meta.url),
    settings: { KERF_ACCOUNTS_BANK_URL: bank.url },
    settingsOf: (unit) => files.settingsOf(unit),
    // The poison is given up on at its second slow try.
    timing: { leaseMs, pollMs: 200, giveUpMs: 100 },
  });
}

interface Scene {
  readonly box: Rig;
  readonly books: Books;
  readonly bank: Bank;
  readonly client: Client;
  readonly plan: Plan;
  readonly deaths: Run["deaths"];
  readonly files: CrashFiles;
}

async function play(scene: Scene): Promise<Pick<RunResult, "violations" | "missed">> {
  const { box, books, bank, client, plan, deaths, files } = scene;
  const over = new AbortController();
  const watching = watch(books, over.signal);
  try {
    await poison(box, plan.poison);
    await client.all(plan.opening);
    await client.all(plan.load);
    const missed = await missedOf(deaths, files);
    await box.settled({ withinMs: restMs });
    const violations = await check({
      books,
      plan,
      bank: bank.entries,
      client: client.entries,
      ownersMs: leaseMs * 4,
    });
    over.abort();
    return { violations: [...(await watching), ...violations], missed };
  } finally {
    over.abort();
    await watching.catch(() => {});
  }
}

async function poison(box: Rig, account: string): Promise<void> {
  for (;;) {
    const known = await box
      .call(statements.break, { account, broken: true }, { id: "break", timeoutMs: 1_500 })
      .then(
        () => true,
        () => false,
      );
    if (known) return;
    await sleep(50);
  }
}

/** Waits for the deaths that are yet to come: those by a timer need no load. */
async function missedOf(deaths: Run["deaths"], files: CrashFiles): Promise<string[]> {
  const open = (): string[] =>
    Object.entries(deaths).flatMap(([unit, points]) => points.split(",").slice(files.deaths(unit).length));
  for (const until = Date.now() + reachMs; open().length > 0 && Date.now() < until;) await sleep(50);
  return open();
}
