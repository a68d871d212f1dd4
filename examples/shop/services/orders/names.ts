import { on, twoPhase, type Handler, type ReactionContext, type Sql } from "kerf";
import { users } from "../users/contract.ts";
import type { orders } from "./contract.ts";
import type { wants } from "./needs.ts";

interface Named {
  readonly userId: string;
  readonly name: string;
  readonly version: number;
}

type Context = ReactionContext<typeof wants, "orders@1">;

const sound = { from: "earliest" } as const;

export const registered = on(
  users.registered,
  async (user, { sql }: Context) => await copyNames(sql, [user]),
  sound,
);

export const renamed = on(
  users.renamed,
  async (user, { sql }: Context) => await copyNames(sql, [user]),
  sound,
);

/** Asks users for a page of names outside the transaction, and copies it. */
export const rebuildNames: Handler<typeof orders.rebuildNames, typeof wants> = twoPhase(
  async ({ after, limit }, { call }) => await call(users.list, { after, limit }),
  async (_input, { prepared, sql }) => {
    await copyNames(sql, prepared.users);
    return { copied: prepared.users.length, next: prepared.next };
  },
);

/** Keeps the newer of two names: what comes by an event and by a rebuild may overtake each other. */
async function copyNames(sql: Sql, named: readonly Named[]): Promise<void> {
  const sorted = named.toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
  await sql`
    insert into customer_name (user_id, name, version)
    select * from unnest(
      ${sorted.map((user) => user.userId)}::text[],
      ${sorted.map((user) => user.name)}::text[],
      ${sorted.map((user) => user.version)}::int[])
    on conflict (user_id) do update set name = excluded.name, version = excluded.version
     where customer_name.version < excluded.version`;
}
