import type { Rig } from "@kerf/testing";
import postgres from "postgres";

/** Straight to the databases of a ledger under test: what is recorded, whatever the services say. */
export interface Books extends AsyncDisposable {
  readonly accounts: postgres.Sql;
  readonly transfers: postgres.Sql;
  readonly statements: postgres.Sql;
  readonly broker: postgres.Sql;
}

export const services = ["accounts", "transfers", "statements"] as const;

export async function openBooks(rig: Rig): Promise<Books> {
  const open = async (service: string): Promise<postgres.Sql> =>
    postgres(await rig.databaseUrl(service), {
      max: 1,
      onnotice: () => {},
      types: { bigint: { to: 20, from: [20, 1700], serialize: String, parse: Number } },
    });
  const [accounts, transfers, statements, broker] = await Promise.all([...services, "broker"].map(open));
  const all = { accounts: accounts!, transfers: transfers!, statements: statements!, broker: broker! };
  return {
    ...all,
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(all).map((sql) => sql.end({ timeout: 1 })));
    },
  };
}
