import { app, command, contract, service } from "kerf";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Broker } from "../broker/broker.ts";
import { arena, tables, type Arena, type Replica } from "../unit/testing.ts";

const Seat = z.object({ guest: z.string(), row: z.int() });
const hall = contract("hall", {
  version: 1,
  seat: command({ input: Seat, errors: { Full: z.object({ row: z.int() }), Closed: z.object({}) } }),
  complain: command({ input: z.object({ id: z.string() }) }),
});
const desk = contract("desk", {
  version: 1,
  order: command({ input: Seat }),
  orderSilently: command({ input: Seat }),
  orderWrongly: command({ input: Seat }),
  otherwise: command({ input: z.object({ code: z.enum(["Empty"]) }) }),
  // #region refused
  refused: command({
    input: z.object({
      id: z.string(),
      code: z.enum(["Full", "Closed"]),
      data: z.object({ row: z.int().optional() }),
      input: Seat,
    }),
  }),
  // #endregion
});

/** How often the hall fails before it decides. */
let failures = 0;
const hallService = service(
  hall,
  { database: { migrations: tables("create table taken (guest text)") } },
  {
    handle: {
      async seat({ guest, row }, { sql, fail }) {
        await sql`insert into taken values (${guest})`;
        if (failures-- > 0) throw new Error("the lights are out");
        if (row > 10) throw fail("Full", { row });
        return {};
      },
      complain: async () => ({}),
    },
  },
);
const deskService = service(
  desk,
  { database: { migrations: tables("create table letter (text text)") }, uses: [hall] },
  {
    handle: {
      // #region send
      async order(seat, { send }) {
        send(hall.seat, seat, { id: `for ${seat.guest}`, onRefused: desk.refused });
        return {};
      },
      // #endregion
      async orderSilently(seat, { send }) {
        send(hall.seat, seat);
        return {};
      },
      async orderWrongly(seat, { send }) {
        // @ts-expect-error what is told has no guest
        send(hall.seat, seat, { onRefused: desk.order });
        // @ts-expect-error nor is there such a code
        send(hall.seat, seat, { onRefused: desk.otherwise });
        send(hall.seat, seat, { onRefused: hall.complain });
        return {};
      },
      otherwise: async () => ({}),
      async refused({ id, code, data, input }, { sql, via, caller }) {
        const told = `${id}: ${code} ${data.row} for ${input.guest}, ${via} of ${String((caller as { service?: string }).service ?? caller)}`;
        await sql`insert into letter values (${told})`;
        return {};
      },
    },
  },
);
const theatre = app("theatre", {
  services: { desk: async () => ({ default: deskService }), hall: async () => ({ default: hallService }) },
  topologies: { all: { all: "*" } },
});

let at: Arena;
let unit: Replica;
let broker: Broker;
let n = 0;
let guest: string;

beforeAll(async () => {
  at = await arena(theatre);
  unit = await at.start({ wrapBroker: (given) => (broker = given) });
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(() => {
  guest = `g${++n}`;
  failures = 0;
});

const letters = async (): Promise<string[]> =>
  (await at.sql("desk")`select text from letter where text like ${`%for ${guest},%`}`).map(
    (row) => row["text"] as string,
  );
const taken = async (): Promise<number> =>
  (await at.sql("hall")`select from taken where guest = ${guest}`).length;
const poll = <T>(get: () => Promise<T>) => expect.poll(get, { timeout: 15_000 });

describe("the sender of an order that a declared error refuses", () => {
  test("is told of it by the command that it named, in its own name", async () => {
    await unit.call(desk.order, { guest, row: 11 });
    await poll(letters).toHaveLength(1);
    expect((await letters())[0]).toMatch(new RegExp(`^for ${guest}: Full 11 for ${guest}, message of `));
    expect(await taken()).toBe(0);
  });

  test("is told once, however often the order comes", async () => {
    await unit.call(desk.order, { guest, row: 12 });
    await poll(letters).toHaveLength(1);
    const [row] = await at.sql("broker")`select body from broker.messages where id = ${`for ${guest}`}`;
    const again = {
      channel: "hall@1!commands",
      key: guest,
      id: `for ${guest}`,
      body: row!["body"] as string,
    };
    await broker.publish({ publisher: "test", fence: 1, messages: [again] });
    const came = async (): Promise<number> =>
      (await at.sql("broker")`select from broker.messages where id = ${`hall@1.seat/for ${guest}!refused`}`)
        .length;
    await poll(came).toBe(2);
    const position = async (): Promise<number> =>
      (await broker.backlog!()).reduce((sum, group) => sum + group.messages, 0);
    await poll(position).toBe(0);
    expect(await letters()).toHaveLength(1);
  });

  test("is told where the order was tried for a while first", async () => {
    failures = 6;
    await unit.call(desk.order, { guest, row: 13 });
    await poll(letters).toHaveLength(1);
    expect(await at.sql("hall")`select from kerf.parked where id = ${`for ${guest}`}`).toHaveLength(0);
  });

  test("names a command of its own only", async () => {
    await expect(unit.call(desk.orderWrongly, { guest, row: 11 })).rejects.toThrow(
      "name a command of its own",
    );
  });

  test("hears nothing where it is carried out, or nobody was named", async () => {
    await unit.call(desk.order, { guest, row: 1 });
    await poll(taken).toBe(1);
    await unit.call(desk.orderSilently, { guest: `${guest} silent`, row: 14 });
    await expect
      .poll(
        async () =>
          (
            await at.sql(
              "hall",
            )`select from kerf.command where state = 'failed' and outcome->'data'->>'row' = '14'`
          ).length,
      )
      .toBe(1);
    expect(await letters()).toEqual([]);
    expect((await unit.status()).deadLetters).toBe(0);
  });
});
