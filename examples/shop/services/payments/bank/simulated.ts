import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import type { Bank, BankRow, ChargeOutcome } from "./bank.ts";
import { declines, thinkingMs } from "./rules.ts";
import { bankSchema } from "./schema.ts";

/** Serialises the making of the tables between processes that start at once; any number that is used for nothing else. */
const schemaLock = 2_006_010_116;

/** One client for each bank and process, as there would be one HTTP agent. */
const banks = new Map<string, Bank>();

/** The simulated bank at a database. */
export function bankAt(url: string): Bank {
  let bank = banks.get(url);
  if (!bank) banks.set(url, (bank = simulatedBank(url)));
  return bank;
}

/**
 * A bank that declines and thinks by {@link declines} and {@link thinkingMs}, and keeps a log that only grows, one
 * row for each key, in a database of its own. Each call is one statement: the driver's own transactions end the process
 * where their connection is lost (postgres 3.4.9 writes its ROLLBACK to a socket that is gone). `close` is for tests: idle connections end by themselves.
 */
export function simulatedBank(url: string): Bank & { close(): Promise<void> } {
  const sql = postgres(url, {
    max: 4,
    idle_timeout: 5,
    connect_timeout: 5,
    connection: { application_name: "shop bank", statement_timeout: 5_000 },
    // A statement of the driver's own when it connects: its failure would be nobody's to catch, and end the process.
    fetch_types: false,
    onnotice: () => {},
  });
  let opened: Promise<unknown> | undefined;
  const open = () =>
    (opened ??= sql
      .unsafe(`select pg_advisory_xact_lock(${schemaLock}); ${bankSchema}`)
      .catch((error: unknown) => {
        opened = undefined;
        throw error;
      }));

  return {
    async charge(key, pence) {
      await open();
      // Thinking comes before the log: two that arrive at once both think, and one of them is recorded.
      await sleep(thinkingMs(pence));
      const outcome: ChargeOutcome = declines(pence) ? "declined" : "captured";
      await sql`
        insert into log (key, kind, pence, outcome) values (${key}, 'charge', ${pence}, ${outcome})
        on conflict (key) do nothing`;
      // A statement of its own, so that it sees what the insert may have waited for.
      const [row] = await sql<{ outcome: ChargeOutcome; pence: string }[]>`
        select outcome, pence from log where key = ${key} and kind = 'charge'`;
      if (!row) throw new Error(`the bank knows ${key} as something else than a charge`);
      if (row.outcome !== "voided" && Number(row.pence) !== pence)
        throw new Error(`the bank was asked for ${row.pence} pence before under the key ${key}`);
      return row.outcome;
    },

    async refund(key, chargeKey, pence) {
      await open();
      const [row] = await sql<{ pence: string }[]>`select refund(${key}, ${chargeKey}, ${pence}) as pence`;
      return { capturedPence: Number(row!.pence) };
    },

    async log(after, limit) {
      await open();
      const rows = await sql<
        (Omit<BankRow, "seq" | "pence" | "at"> & { seq: string; pence: string; at: Date })[]
      >`
        select seq, key, kind, charge_key as "chargeKey", pence, outcome, at from log
         where seq > ${after} order by seq limit ${limit}`;
      return rows.map((row) => ({
        ...row,
        seq: Number(row.seq),
        pence: Number(row.pence),
        at: row.at.toISOString(),
      }));
    },

    close: () => sql.end({ timeout: 1 }),
  };
}
