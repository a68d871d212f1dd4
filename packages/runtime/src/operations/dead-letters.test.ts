import { app, command, contract, event, on, service } from "kerf";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Broker } from "../broker/broker.ts";
import { loadGraph } from "../graph/index.ts";
import { arena, tables, type Arena, type Replica } from "../unit/testing.ts";
import { stateByHand } from "./by-hand.ts";
import type { Operations } from "./operations.ts";
import type { ServiceOperations } from "./service-operations.ts";

const Note = z.object({ key: z.string(), n: z.int() });
const news = contract("news", {
  version: 1,
  post: command({ input: Note }),
  order: command({ input: Note }),
  posted: event({ data: Note, key: "key" }),
});
const desk = contract("desk", { version: 1, file: command({ input: Note }) });

/** Fails what a test wants to fail. */
let reacting: (key: string, n: number) => void;
const newsService = service(
  news,
  { database: { migrations: tables("create table post (key text)") }, uses: [desk] },
  {
    handle: {
      async post({ key, n }, { sql, emit }) {
        emit(news.posted, { key, n });
        await sql`insert into post values (${key})`;
        return {};
      },
      async order({ key, n }, { send }) {
        send(desk.file, { key, n }, { key, id: `order ${key} ${n}` });
        return {};
      },
    },
  },
);
const deskTables = tables(
  "create table paper (id int generated always as identity, key text, n int, at timestamptz default clock_timestamp())",
);
const deskService = service(
  desk,
  { database: { migrations: deskTables } },
  {
    handle: {
      async file({ key, n }, { sql }) {
        await sql`insert into paper (key, n) values (${key}, ${n})`;
        reacting(key, n);
        return {};
      },
    },
    react: [
      on(news.posted, async ({ key, n }, { sql }) => {
        await sql`insert into paper (key, n) values (${key}, ${n})`;
        reacting(key, n);
      }),
    ],
  },
);
const press = app("press", {
  services: { news: async () => ({ default: newsService }), desk: async () => ({ default: deskService }) },
  topologies: { all: { all: "*" } },
});

let at: Arena;
let unit: Replica;
let open: Operations;
let deskOps: ServiceOperations;
let broker: Broker;
let n = 0;
let key: string;
const by = { who: "ann", why: undefined };

beforeAll(async () => {
  at = await arena(press);
  // Slow to look by itself: what happens soon was woken.
  const timing = { giveUpMs: 300, leaseMs: 120_000, pollMs: 60_000 };
  unit = await at.start({ timing, wrapBroker: (given) => (broker = given) });
  open = await at.operations();
  deskOps = open.services.get("desk")!;
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(() => {
  reacting = () => {};
  key = `k${++n}`;
});

const post = (i: number, of = key): Promise<unknown> => unit.call(news.post, { key: of, n: i });
const papers = async (of = key): Promise<number[]> =>
  (await at.sql("desk")`select n from paper where key = ${of} order by id`).map((row) => row["n"] as number);
const poll = <T>(get: () => Promise<T>) => expect.poll(get, { timeout: 15_000 });
const letters = async (of = key) => (await deskOps.deadLetters({}, 1_000)).filter((l) => l.key === of);
/** The dead letter that `n` of a key becomes. */
async function deadLetter(i: number, of = key) {
  await poll(async () => (await letters(of)).map((l) => JSON.parse(l.body).data.n)).toContain(i);
  return (await letters(of)).find((l) => JSON.parse(l.body).data.n === i)!;
}

test("an event that is published by hand is sent at once, whenever the outbox is looked at next", async () => {
  const stated = stateByHand(await loadGraph(press), { type: "news@1.posted", data: { key, n: 1 } });
  if ("refused" in stated) throw new Error(stated.refused);
  // Nobody can look now: only a relay that is woken sends.
  await at.sql("news").begin(async (sql) => {
    await sql`lock table kerf.worker in exclusive mode`;
    await open.services.get("news")!.publish(stated, by);
    await expect.poll(() => papers(), { timeout: 5_000 }).toEqual([1]);
  });
});

describe("dead letters", () => {
  test("a poison event blocks only its key, and only until it is parked", async () => {
    let failures = 0;
    reacting = (of, i) => {
      if (of === key && i === 1) throw new Error(`no room for ${i}, failure ${++failures}`);
    };
    await post(1);
    await poll(async () => failures).toBeGreaterThan(0);
    await post(2);
    await post(3);
    await post(1, `${key} other`);
    await poll(() => papers(`${key} other`)).toEqual([1]);
    expect(await papers()).toEqual([]);
    const letter = await deadLetter(1);
    await poll(papers).toEqual([2, 3]);
    expect(letter).toMatchObject({ channel: "news@1", type: "news@1.posted", key, state: "dead" });
    expect(letter.error).toMatch(/^no room for 1, failure \d+$/);
    expect(letter.attempts).toBeGreaterThanOrEqual(2);
    await deskOps.drop({ id: letter.id }, { who: "ann", why: "the test is over" });
  });

  test("are grouped by what they have in common, whatever the ids in it", async () => {
    reacting = (of, i) => {
      if (of.startsWith(key)) throw new Error(i === 9 ? "another matter" : `no shelf "${of}" for ${i}`);
    };
    await Promise.all([post(1), post(2, `${key} b`), post(9, `${key} c`)]);
    await Promise.all([deadLetter(1), deadLetter(2, `${key} b`), deadLetter(9, `${key} c`)]);
    const groups = (await deskOps.deadLetterGroups()).filter((g) => /no shelf|another matter/.test(g.error));
    expect(groups.map((g) => [g.type, g.messages, g.keys])).toEqual([
      ["news@1.posted", 2, 2],
      ["news@1.posted", 1, 1],
    ]);
    expect(groups[0]!.cause).toMatch(/^[0-9a-f]{8}$/);
    reacting = () => {};
    expect(await deskOps.replay({ cause: groups[0]!.cause }, by, 1_000)).toMatchObject({ messages: 2 });
    await poll(papers).toEqual([1]);
    await poll(() => papers(`${key} b`)).toEqual([2]);
    expect(await papers(`${key} c`)).toEqual([]);
    await deskOps.drop({ cause: groups[1]!.cause }, { who: "ann", why: "the test is over" });
  });

  test("one that is replayed is handled at once, once, and its history stays", async () => {
    reacting = () => {
      throw new Error("the printer is off");
    };
    await post(1);
    const letter = await deadLetter(1);
    reacting = () => {};
    const since = performance.now();
    await deskOps.replay({ id: letter.id, channel: letter.channel }, { who: "ann", why: "it is on again" });
    await poll(papers).toEqual([1]);
    // The unit looks by itself once a minute.
    expect(performance.now() - since).toBeLessThan(5_000);
    await poll(() => deskOps.findLetters(letter.id)).toEqual([]);
    expect(await deskOps.actions(letter.id)).toMatchObject([
      {
        what: "replay",
        who: "ann",
        why: "it is on again",
        subject: "news@1",
        detail: { error: "the printer is off", cause: letter.cause, attempts: letter.attempts },
      },
    ]);
    expect(await deskOps.replay({ id: letter.id }, by)).toEqual({ messages: 0, lastAt: null });
    expect(await papers()).toEqual([1]);
  });

  test("one that is replayed does not overtake later messages of its key that wait", async () => {
    let broken = new Set([1]);
    reacting = (of, i) => {
      if (of === key && broken.has(i)) throw new Error("not yet");
    };
    await post(1);
    const letter = await deadLetter(1);
    // 2 waits for another try, and 3 behind it.
    broken = new Set([2]);
    await post(2);
    await poll(
      async () => (await at.sql("desk")`select from kerf.parked where key = ${key} and attempts > 0`).length,
    ).toBe(2);
    await post(3);
    await poll(async () => (await at.sql("desk")`select from kerf.parked where key = ${key}`).length).toBe(3);
    await at.sql(
      "desk",
    )`update kerf.parked set next_at = now() + interval '1 h', first_failed_at = now() + interval '1 h'
      where key = ${key} and state = 'waiting'`;
    await deskOps.replay({ id: letter.id }, by);
    await poll(async () => (await deskOps.findLetters(letter.id))[0]?.state).toBe("waiting");
    await at.sql("desk")`update kerf.parked set next_at = now() where key = ${key}`;
    broken = new Set();
    await deskOps.replay({ id: "nothing" }, by);
    broker.wake!("service:desk");
    await poll(papers).toEqual([2, 3, 1]);
  });

  test("a group takes its turns at the rate that was asked for, and keeps no key waiting meanwhile", async () => {
    const keys = Array.from({ length: 6 }, (_, i) => `${key} ${i}`);
    reacting = (of) => {
      if (of.startsWith(`${key} `)) throw new Error(`a full tray for ${of}`);
    };
    await Promise.all(keys.map((of) => post(1, of)));
    for (const of of keys) await deadLetter(1, of);
    const { cause } = (await letters(keys[0]))[0]!;
    reacting = () => {};
    const replayed = await deskOps.replay({ cause }, by, 4);
    expect(replayed.messages).toBe(6);
    const last = (await deskOps.deadLetters({ cause }, 10))
      .toSorted((a, b) => (a.replayAt! < b.replayAt! ? -1 : 1))
      .at(-1)!;
    expect(last.replayAt).toBe(replayed.lastAt);
    // A new message of a key whose letter has not had its turn goes first.
    await post(2, last.key);
    await poll(() => papers(last.key)).toEqual([2, 1]);
    const [spread] = await at.sql("desk")`
      select extract(epoch from max(at) - min(at))::float8 as s from paper where starts_with(key, ${`${key} `}) and n = 1`;
    expect(spread!["s"]).toBeGreaterThan(1);
    expect(await deskOps.deadLetters({ cause }, 10)).toEqual([]);
  });

  test("one that fails again is a dead letter at once: its key does not wait for another day", async () => {
    let tries = 0;
    reacting = (of, i) => {
      if (of !== key || i !== 1) return;
      tries++;
      throw new Error("still broken");
    };
    await post(1);
    const letter = await deadLetter(1);
    const before = tries;
    await deskOps.replay({ id: letter.id }, by);
    await poll(async () => (await deskOps.findLetters(letter.id))[0]!.attempts).toBe(letter.attempts + 1);
    await poll(async () => (await deskOps.findLetters(letter.id))[0]!.state).toBe("dead");
    expect(tries).toBe(before + 1);
    await post(2);
    await poll(papers).toEqual([2]);
    await deskOps.drop({ id: letter.id }, { who: "ann", why: "the test is over" });
  });

  test("one that was dropped, with a reason, is not handled when it comes again", async () => {
    reacting = () => {
      throw new Error("rubbish");
    };
    await post(1);
    const letter = await deadLetter(1);
    await expect(async () => deskOps.drop({ id: letter.id }, by)).rejects.toThrow("takes a reason");
    expect(await deskOps.drop({ id: letter.id }, { who: "ann", why: "a test order" })).toBe(1);
    reacting = () => {};
    expect(await letters()).toEqual([]);
    const [dropped] = await deskOps.findLetters(letter.id);
    expect(dropped).toMatchObject({ state: "dropped", error: "rubbish", key });
    expect(await deskOps.actions(letter.id)).toMatchObject([
      { what: "drop", why: "a test order", who: "ann" },
    ]);
    expect(await deskOps.replay({ id: letter.id }, by)).toMatchObject({ messages: 0 });
    const { id, body, channel } = letter;
    await broker.publish({ publisher: "news test", fence: 1, messages: [{ channel, key, id, body }] });
    await post(2);
    await poll(papers).toEqual([2]);
  });

  test("sent commands are among them; one that was dropped stays refused", async () => {
    let failing = true;
    reacting = () => {
      if (failing) throw new Error("no ink");
    };
    await unit.call(news.order, { key, n: 1 });
    await unit.call(news.order, { key: `${key} b`, n: 1 });
    const letter = await deadLetter(1);
    const other = await deadLetter(1, `${key} b`);
    expect(letter).toMatchObject({ channel: "desk@1!commands", type: "desk@1.file", id: `order ${key} 1` });
    failing = false;
    await deskOps.drop({ id: letter.id }, { who: "ann", why: "ordered twice" });
    await deskOps.replay({ id: other.id }, by);
    await poll(() => papers(`${key} b`)).toEqual([1]);
    await unit.call(news.order, { key, n: 1 });
    await unit.call(news.order, { key, n: 2 });
    await poll(papers).toEqual([2]);
    expect(await deskOps.findLetters(letter.id)).toMatchObject([{ state: "dropped" }]);
  });
});
