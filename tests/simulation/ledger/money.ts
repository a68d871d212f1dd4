import { service } from "kerf";
import { vault, wallets } from "./contracts.ts";
import { append, rows, type Account, type Entry } from "./rows.ts";

const database = { migrations: new URL("./", import.meta.url) };

/** What an account starts with: enough for all, so that the end does not depend on who comes first. */
export const openingPence = 2_000;

/** By rule: the same amounts come out the same everywhere. */
export const refusesTopUp = (pence: number): boolean => pence % 7 === 3;
export const isFrozen = (pence: number): boolean => pence % 13 === 5;

interface Change {
  readonly op: string;
  readonly transfer: string;
  readonly account: string;
  readonly pence: number;
  readonly command: string | undefined;
}

async function change(
  tables: Parameters<Parameters<typeof rows>[1]>[0],
  { op, transfer, account, pence, command }: Change,
): Promise<{ readonly account: string; readonly n: number; readonly pence: number }> {
  const before = (await tables.lock<Account>("account", account)) ?? { pence: openingPence, n: 0 };
  const after: Account = { pence: before.pence + pence, n: before.n + 1 };
  await tables.put("account", account, after);
  await append(tables, "entry", { op, transfer, account, pence, command: command ?? "" } satisfies Entry);
  return { account, n: after.n, pence };
}

const entryOf = (tables: Parameters<Parameters<typeof rows>[1]>[0], op: string, transfer: string) =>
  tables.all<Entry>("entry").find(([, entry]) => entry.op === op && entry.transfer === transfer)![1];

export const walletsService = service(
  wallets,
  { database },
  {
    handle: {
      balance: ({ account }, { sql }) =>
        rows(sql, (tables) => ({ pence: tables.get<Account>("account", account)?.pence ?? openingPence })),
      async topUp({ account, pence }, { sql, emit, fail, id }) {
        // Written, and then taken back with the refusal.
        const changed = await rows(sql, (tables) =>
          change(tables, { op: "topUp", transfer: "", account, pence, command: id }),
        );
        if (refusesTopUp(pence)) throw fail("Refused", { pence });
        emit(wallets.changed, changed);
        return { pence };
      },
      async hold({ transfer, account, pence }, { sql, emit, fail, id }) {
        const balance = await rows(
          sql,
          async (tables) => (await tables.lock<Account>("account", account))?.pence ?? openingPence,
        );
        if (balance < pence) throw fail("Insufficient", { pence: balance });
        emit(
          wallets.changed,
          await rows(sql, (tables) =>
            change(tables, { op: "hold", transfer, account, pence: -pence, command: id }),
          ),
        );
        return {};
      },
      async release({ transfer }, { sql, emit, id }) {
        emit(
          wallets.changed,
          await rows(sql, (tables) => {
            const { account, pence } = entryOf(tables, "hold", transfer);
            return change(tables, { op: "release", transfer, account, pence: -pence, command: id });
          }),
        );
        return {};
      },
    },
  },
);

export const vaultService = service(
  vault,
  { database },
  {
    handle: {
      async credit({ transfer, account, pence }, { sql, emit, fail, id }) {
        const changed = await rows(sql, (tables) =>
          change(tables, { op: "credit", transfer, account, pence, command: id }),
        );
        if (isFrozen(pence)) throw fail("Frozen", { account });
        emit(vault.changed, changed);
        return {};
      },
      async debit({ transfer }, { sql, emit, id }) {
        emit(
          vault.changed,
          await rows(sql, (tables) => {
            const { account, pence } = entryOf(tables, "credit", transfer);
            return change(tables, { op: "debit", transfer, account, pence: -pence, command: id });
          }),
        );
        return {};
      },
    },
  },
);
