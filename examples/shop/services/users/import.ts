import type { Handler } from "kerf";
import { users } from "./contract.ts";
import type { wants } from "./needs.ts";

export const importUsers: Handler<typeof users.import, typeof wants> = async (input, { sql, emit }) => {
  // In one order everywhere: two imports of the same people then wait for each other instead of deadlocking.
  const people = input.users.toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
  const added = await sql<{ userId: string; name: string; version: number }>`
    insert into users (user_id, name, address)
    select user_id, name, address::jsonb
      from unnest(
        ${people.map((p) => p.userId)}::text[],
        ${people.map((p) => p.name)}::text[],
        ${people.map((p) => JSON.stringify(p.address))}::text[]
      ) as t (user_id, name, address)
    on conflict (user_id) do nothing
    returning user_id as "userId", name, version`;
  for (const user of added) emit(users.registered, user);
  return { registered: added.length };
};
