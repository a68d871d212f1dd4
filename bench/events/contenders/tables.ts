import pg from "pg";
import { CONNECTIONS } from "../contender.ts";

/** What a team without Kerf has in its database. */
export async function makeTables(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("create table made (id int primary key, text text not null)");
  await client.query("create table handled (id int primary key, text text not null)");
  await client.end();
}

export function poolOf(url: string): pg.Pool {
  return new pg.Pool({ connectionString: url, max: CONNECTIONS });
}

export const insertMade = "insert into made (id, text) values ($1, $2)";
export const insertHandled = "insert into handled (id, text) values ($1, $2) on conflict do nothing";
export const TEXT = "x".repeat(200);

/** One transaction on a connection of the pool. */
export async function transaction(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<unknown>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await work(client);
    await client.query("commit");
  } finally {
    client.release();
  }
}
