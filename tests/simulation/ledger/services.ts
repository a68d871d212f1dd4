import { app, every, on, service, twoPhase, type App, type Sql } from "kerf";
import { hashText } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { Bank } from "./bank.ts";
import { clearing, statements, transfers, vault, wallets } from "./contracts.ts";
import { vaultService, walletsService } from "./money.ts";
import { append, rows, type Line, type TransferRow } from "./rows.ts";
import { transferSaga } from "./transfer-saga.ts";

const database = { migrations: new URL("./", import.meta.url) };

/** All that is settled is of one key: it is ordered though no row is shared. */
const book = "book";

/** By rule. */
export const refusesRequest = (pence: number): boolean => pence % 11 === 4;
export const isUnwanted = (transfer: string): boolean => hashText(transfer) % 5 === 0;

/** How often an event fails before it succeeds; never where it is poison. */
export function failuresOf(seed: number, event: string, n: number): number {
  const dice = hashText(`${seed} ${event} ${n}`) % 100;
  if (dice < 3) return Infinity;
  return dice < 10 ? dice : 0;
}

async function settle(sql: Sql, transfer: string, state: "done" | "refused", reason: string): Promise<void> {
  await rows(sql, async (tables) => {
    const row = (await tables.lock<TransferRow>("transfer", transfer))!;
    await tables.put("transfer", transfer, { ...row, state, reason });
    await append(tables, "settling", { transfer, state });
  });
}

/** The services of the ledger. One app for each simulation: its bank and its poison belong to the world. */
export function ledger(world: World): { readonly app: App; readonly bank: Bank } {
  const bank = new Bank(world);
  const failed = new Map<string, number>();

  const clearingService = service(
    clearing,
    { database },
    {
      handle: {
        clear: twoPhase(
          async ({ transfer, pence }, { id }) => ({
            verdict: await bank.ask({ key: id, action: "clear", transfer }, pence),
          }),
          async ({ transfer, pence }, { sql, emit, fail, prepared, id }) => {
            if (prepared.verdict === "declined") throw fail("Declined", { pence });
            await rows(sql, (tables) =>
              append(tables, "entry", { op: "clear", transfer, account: "", pence, command: id }),
            );
            emit(clearing.cleared, { transfer });
            return {};
          },
        ),
        void: twoPhase(
          async ({ transfer }, { id }) => ({
            verdict: await bank.ask({ key: id, action: "void", transfer }, 0),
          }),
          async ({ transfer }, { sql, id }) => {
            await rows(sql, (tables) =>
              append(tables, "entry", { op: "void", transfer, account: "", pence: 0, command: id }),
            );
            return {};
          },
        ),
      },
    },
  );

  const transfersService = service(
    transfers,
    { database, uses: [wallets, statements] },
    {
      handle: {
        async request({ from, to, pence, shape }, { call, sql, start, fail, id }) {
          await call(wallets.balance, { account: from });
          if (refusesRequest(pence)) throw fail("Refused", { pence });
          const row: TransferRow = { state: "pending", from, pence, reason: "" };
          await rows(sql, (tables) => tables.insert("transfer", id, row));
          start(transferSaga, { transfer: id, from, to, pence, shape }, { id });
          return {};
        },
        async finish({ transfer }, { sql, emit, send }) {
          await settle(sql, transfer, "done", "");
          emit(transfers.settled, { transfer, book, state: "done" });
          send(statements.note, { transfer, state: "done" }, { key: book });
          return {};
        },
        async refuse({ transfer, reason }, { sql, emit, send }) {
          await settle(sql, transfer, "refused", reason);
          emit(transfers.settled, { transfer, book, state: "refused" });
          send(statements.note, { transfer, state: "refused" }, { key: book });
          return {};
        },
      },
      schedule: [
        every("7s", "sweep", async ({ sql, id }) => {
          await rows(sql, (tables) => append(tables, "sweep", { id, at: tables.now }));
        }),
      ],
      sagas: [transferSaga],
    },
  );

  const line =
    (event: string) =>
    async ({ account, n }: { account: string; n: number }, { sql }: { readonly sql: Sql }): Promise<void> => {
      const name = `${event} ${account}`;
      await rows(sql, (tables) => append(tables, "line", { event, account, n } satisfies Line));
      const key = `${name} ${n}`;
      const tries = failed.get(key) ?? 0;
      if (tries >= failuresOf(world.seed, name, n)) return;
      failed.set(key, tries + 1);
      throw new Error(`${key} is poison`);
    };

  const statementsService = service(
    statements,
    { database },
    {
      handle: {
        async note({ transfer, state }, { sql, fail }) {
          await rows(sql, (tables) => append(tables, "note", { transfer, state }));
          if (isUnwanted(transfer)) throw fail("Unwanted", { transfer });
          return {};
        },
      },
      react: [
        on(wallets.changed, line("wallets")),
        on(vault.changed, line("vault")),
        on(transfers.settled, async ({ transfer, state }, { sql }) => {
          await rows(sql, (tables) => append(tables, "settled", { transfer, state }));
        }),
      ],
    },
  );

  const services = {
    wallets: async () => ({ default: walletsService }),
    vault: async () => ({ default: vaultService }),
    clearing: async () => ({ default: clearingService }),
    transfers: async () => ({ default: transfersService }),
    statements: async () => ({ default: statementsService }),
  };
  return {
    bank,
    app: app("ledger", {
      services,
      topologies: {
        monolith: { all: "*" },
        split: { desk: ["transfers"], money: ["wallets", "clearing"], back: "*" },
      },
    }),
  };
}
