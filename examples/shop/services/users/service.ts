import { service, StatusError } from "kerf";
import type { Address } from "../../shapes/address.ts";
import { missing } from "../../shapes/missing.ts";
import { pageOf } from "../../shapes/page.ts";
import { users } from "./contract.ts";
import { importUsers } from "./import.ts";
import { wants } from "./needs.ts";

interface Row {
  userId: string;
  name: string;
  address: Address;
  version: number;
}

export default service(users, wants, {
  handle: {
    async register({ name, address }, { sql, emit, actor }) {
      if (!actor)
        throw new StatusError("UNAUTHENTICATED", "sign in to register: a person registers themselves");
      const [added] = await sql<Row>`
        insert into users (user_id, name, address) values (${actor.id}, ${name}, ${sql.json(address)})
        on conflict (user_id) do nothing
        returning user_id as "userId", name, address, version`;
      if (added) {
        emit(users.registered, { userId: added.userId, name, version: added.version });
        return added;
      }
      const [before] = await sql<{ name: string }>`
        select name from users where user_id = ${actor.id} for update`;
      const renamed = before!.name !== name;
      const [changed] = await sql<Row>`
        update users
           set name = ${name}, address = ${sql.json(address)}, version = version + ${renamed ? 1 : 0}::int
         where user_id = ${actor.id}
        returning user_id as "userId", name, address, version`;
      if (renamed) emit(users.renamed, { userId: actor.id, name, version: changed!.version });
      return changed!;
    },

    import: importUsers,

    async rename({ userId, name }, { sql, emit }) {
      const [user] = await sql<{ userId: string; name: string; version: number }>`
        update users set name = ${name}, version = version + 1 where user_id = ${userId}
        returning user_id as "userId", name, version`;
      if (!user) throw missing("user", userId);
      emit(users.renamed, user);
      return user;
    },

    async get({ userId }, { sql }) {
      const [user] = await sql<Row>`
        select user_id as "userId", name, address, version from users where user_id = ${userId}`;
      if (!user) throw missing("user", userId);
      return user;
    },

    async addressOf({ userId }, { sql }) {
      const [user] = await sql<{ address: Address }>`select address from users where user_id = ${userId}`;
      return { address: user?.address };
    },

    async list({ after = "", limit }, { sql }) {
      const rows = await sql<Row>`
        select user_id as "userId", name, version from users
         where user_id > ${after} order by user_id limit ${limit + 1}`;
      const { rows: page, next } = pageOf(rows, limit, (row) => row.userId);
      return { users: page, next };
    },
  },
});
