import { app, command, contract, saga, service, type AnySaga } from "kerf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { loadGraph } from "../graph/index.ts";
import { arena, tables, type Arena } from "../unit/testing.ts";
import { droppedSagas } from "./versions.ts";

const Id = z.object({ id: z.string() });
const orders = contract("orders", {
  version: 1,
  place: command({ input: Id }),
  done: command({ input: Id }),
});
const run = async ({ id }: { id: string }, { step, sleep }: any): Promise<void> => {
  await sleep("a while", "1h");
  await step("done", orders.done, { id }, { final: true });
};
const spec = { input: Id, uses: [orders], run } as const;
const first = saga("checkout", { version: 1, ...spec });
const second = saga("checkout", { version: 2, ...spec });
const both = saga("checkout", { version: 2, older: { 1: run }, ...spec });
const migrations = tables("create table placed (id text)");

function shop(sagas: readonly AnySaga[]) {
  const made = service(
    orders,
    { database: { migrations } },
    {
      handle: {
        async place({ id }, { sql, start }) {
          await sql`insert into placed values (${id})`;
          start(sagas[0]!, { id }, { id });
          return {};
        },
        done: async () => ({}),
      },
      sagas,
    },
  );
  return app("shop", {
    services: { orders: async () => ({ default: made }) },
    topologies: { all: { all: "*" } },
  });
}

let at: Arena;
beforeAll(async () => {
  at = await arena(shop([first]));
});
afterAll(() => at?.[Symbol.asyncDispose]());

const deploy = async (...sagas: AnySaga[]) => at.start({ graph: await loadGraph(shop(sagas)) });

test("a unit whose code has dropped a version that still runs is refused, and one that has it starts", async () => {
  const old = await at.start();
  await old.call(orders.place, { id: "1" });
  await old.call(orders.place, { id: "2" });
  await old.drain();
  await expect(deploy(second)).rejects.toMatchObject({
    place: 'service(orders).sagas.saga("checkout")',
    problem: "2 instances of version 1 have not ended, and the code has no version 1 any more",
    mend: "keep that version until they have ended: older: { 1: … }",
  });
  const fresh = await deploy(both);
  await fresh.call(orders.place, { id: "3" });
  // The older deployment may start beside it: what is newer is not its own.
  const again = await deploy(first);
  await again.drain();
  // A parked one waits for a person, who may have it tried again.
  await at.sql("orders")`update kerf.saga set state = 'parked' where id = '1'`;
  await at.sql("orders")`update kerf.saga set state = 'done' where id = '2'`;
  await fresh.drain();
  await expect(deploy(second)).rejects.toThrow(/1 instance of version 1 has not ended/);
  await at.sql("orders")`update kerf.saga set state = 'abandoned' where id = '1'`;
  const last = await deploy(second);
  // The whole saga is gone: a newer deployment may have it, so the unit starts, and kerf check tells.
  await last.drain();
  await (await deploy(saga("other", { version: 1, ...spec }))).drain();
});

test("a saga that is not there any more is told, but not held to be certain", () => {
  const live = [
    { name: "checkout", version: 1, instances: 1 },
    { name: "checkout", version: 3, instances: 1 },
    { name: "returns", version: 1, instances: 4 },
  ];
  expect(droppedSagas([both], live)).toMatchObject([
    {
      place: 'saga("returns")',
      problem: "4 instances of version 1 have not ended, and there is no such saga any more",
      certain: false,
    },
  ]);
});
