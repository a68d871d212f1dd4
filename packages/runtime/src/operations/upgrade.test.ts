/** Dead letters and parked sagas of a database that an older Kerf has filled. */
import { app, command, contract, service } from "kerf";
import postgres from "postgres";
import { expect, test } from "vitest";
import { z } from "zod";
import { migrateList } from "../data/migrate.ts";
import { freshName, testServer } from "../data/testing.ts";
import { loadGraph } from "../graph/index.ts";
import { journalMigrations } from "../journal/schema.ts";
import { tables } from "../unit/testing.ts";
import { openOperations } from "./operations.ts";

const trips = contract("trips", { version: 1, begin: command({ input: z.object({}) }) });
const tripsService = service(
  trips,
  { database: { migrations: tables("create table nothing (id int)") } },
  { handle: { begin: async () => ({}) } },
);

test("are there after the upgrade, with their reasons; before it nothing is said to be wrong", async () => {
  const server = await testServer();
  const name = freshName("a");
  const graph = await loadGraph({
    ...app("old", {
      services: { trips: async () => ({ default: tripsService }) },
      topologies: { all: { all: "*" } },
    }),
    name,
  });
  const database = `${name}_trips`;
  const url = (await server.provision([database])).get(database)!;
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    await migrateList(url, { service: "kerf", migrations: journalMigrations.slice(0, 1) });
    await sql.unsafe(`
      insert into kerf.saga (name, id, version, input, input_hash, traceparent, state, error)
        select 'trip', id, 1, '{}', '', '', 'parked', '{"code":"PARKED","message":"its undo was refused"}' from unnest(array['fore', 'back']) id;
      insert into kerf.saga_step (saga, id, name, position, member, input_hash, command_id, state)
        values ('trip', 'back', 'one', 0, 'a@1.b', '', 'c', 'undoing'), ('trip', 'fore', 'one', 0, 'a@1.b', '', 'c', 'done');
      insert into kerf.parked (channel, key, id, body, state, attempts, error, next_at)
        values ('a@1', 'k', 'm', '{"type":"a@1.b","data":{}}', 'dead', 9, 'no room', now())`);
    {
      await using older = await openOperations({ graph, server, settings: {} });
      expect([...older.services.keys(), ...older.missing]).toEqual(["trips"]);
      expect(older.missing).toEqual(["trips"]);
    }
    await migrateList(url, { service: "kerf", migrations: journalMigrations });
    await using operations = await openOperations({ graph, server, settings: {} });
    const ops = operations.services.get("trips")!;
    expect(await ops.deadLetterGroups()).toMatchObject([{ type: "a@1.b", messages: 1, error: "no room" }]);
    const [back] = await ops.findSagas("back");
    expect(back).toMatchObject({ parkedFrom: "undoing", parkedReason: "its undo was refused", error: null });
    expect(await ops.findSagas("fore")).toMatchObject([
      { parkedFrom: "running", parkedReason: "its undo was refused" },
    ]);
    expect(await ops.retry("trip", "back", { who: "ann", why: undefined })).toBe(true);
    expect((await ops.findSagas("back"))[0]).toMatchObject({ state: "undoing", parkedReason: null });
  } finally {
    await sql.end();
    await server.dropAll(`${name}_`);
  }
});
