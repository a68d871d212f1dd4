import { failed, type StatusError } from "kerf";
import { rig, type Mode, type Rig } from "@kerf/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accounts } from "./fixture/accounts/contract.ts";
import app from "./fixture/app.ts";
import { teller } from "./fixture/teller/contract.ts";

const modes: Mode[] = ["local", "serialised", "units", "processes"];

describe.each(modes)("a stream, %s", (mode) => {
  let bank: Rig;
  let n = 0;
  const name = (): string => `${mode} ${++n}`;
  beforeAll(async () => {
    bank = await rig(app, {
      mode,
      config: new URL("./fixture/app.ts", import.meta.url),
      // Nothing here may be found by looking for it: what comes soon was told.
      timing: { streams: { lookMs: 600_000, idleMs: 700 } },
    });
  });
  afterAll(() => bank?.stop());

  test("answers at once, and again whenever the service states a fact of its key", async () => {
    const account = name();
    await bank.call(accounts.deposit, { account, pence: 5 });
    const seen: number[] = [];
    for await (const { pence } of bank.watch(accounts.watch, { account })) {
      seen.push(pence);
      if (pence >= 35) break;
      await bank.call(accounts.deposit, { account: name(), pence: 900 });
      await bank.call(accounts.deposit, { account, pence: 10 });
    }
    expect(seen[0]).toBe(5);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBeLessThan(100);
  });

  test("goes through a service that has no database", async () => {
    const account = name();
    await bank.call(accounts.deposit, { account, pence: 5 });
    const seen: string[] = [];
    for await (const { words } of bank.watch(teller.follow, { account })) {
      // What was stated before it began may be told to it, too.
      if (seen.at(-1) === words) continue;
      seen.push(words);
      if (seen.length === 2) break;
      await bank.call(accounts.deposit, { account, pence: 10 });
    }
    expect(seen).toEqual(["5 pence", "15 pence"]);
  });

  test("ends with a declared error, a status, or well", async () => {
    const account = name();
    const refused = await failure(bank.watch(accounts.watch, { account }));
    expect(failed(refused, accounts.watch, "NoSuchAccount") && refused.data).toEqual({ account });
    const unfit = await failure(bank.watch(accounts.numbers, { upTo: 1.5 }));
    expect((unfit as StatusError).code).toBe("INVALID_ARGUMENT");
    const all = await Array.fromAsync(bank.watch(accounts.numbers, { after: 3, upTo: 6 }));
    expect(all.map(({ n: each }) => each)).toEqual([4, 5, 6]);
  });

  test("makes no more than is read, and its handler ends when its reader leaves", async () => {
    const before = await bank.call(accounts.made, {});
    for await (const { n: each } of bank.watch(accounts.numbers, { upTo: 1_000_000, bytes: 20_000 })) {
      if (each === 3) break;
    }
    await expect.poll(async () => (await bank.call(accounts.made, {})).ended).toBe(before.ended + 1);
    // What the windows between two units hold: of a million.
    expect((await bank.call(accounts.made, {})).numbers - before.numbers).toBeLessThan(60);
  });

  test("is ended where its reader takes nothing", async () => {
    const before = await bank.call(accounts.made, {});
    const reader = bank.watch(accounts.numbers, { upTo: 1_000_000, bytes: 20_000 })[Symbol.asyncIterator]();
    await reader.next();
    await expect.poll(async () => (await bank.call(accounts.made, {})).ended).toBe(before.ended + 1);
    const rest = await failure({ [Symbol.asyncIterator]: () => reader });
    expect((rest as StatusError).code).toBe("RESOURCE_EXHAUSTED");
  });

  test("ends at once with its reader's signal", async () => {
    const account = name();
    await bank.call(accounts.deposit, { account, pence: 5 });
    const leaving = new AbortController();
    const { signal } = leaving;
    const answers = bank.watch(accounts.watch, { account }, { signal });
    const reader = answers[Symbol.asyncIterator]();
    await reader.next();
    const next = reader.next();
    leaving.abort();
    await expect(next).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

test("a unit that drains ends its streams, and says that they should be asked for again", async () => {
  const bank = await rig(app);
  await bank.call(accounts.deposit, { account: "a", pence: 5 });
  const reader = bank.watch(accounts.watch, { account: "a" })[Symbol.asyncIterator]();
  await reader.next();
  const next = reader.next();
  const told = expect(next).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/ask again/) as string,
  });
  const began = Date.now();
  const stopped = bank.stop();
  await told;
  expect(Date.now() - began).toBeLessThan(2_000);
  await stopped;
});

test("a stream has a time to live, and there are only so many of them", async () => {
  await using bank = await rig(app, { timing: { streams: { lifeMs: 400, mostEach: 2 } } });
  await bank.call(accounts.deposit, { account: "a", pence: 5 });
  const [one, two, three] = [1, 2, 3].map(() =>
    bank.watch(accounts.watch, { account: "a" }, { as: { id: "ann", roles: [] } })[Symbol.asyncIterator](),
  );
  await one!.next();
  await two!.next();
  await expect(three!.next()).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
  const end = failure({ [Symbol.asyncIterator]: () => one! });
  expect(await end).toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/time .* is over/) as string,
  });
});

test("a thousand wait between two units, take little, and leave calls alone", async () => {
  await using bank = await rig(app, { mode: "units", run: ["accounts"] });
  await bank.call(accounts.deposit, { account: "a", pence: 5 });
  const leaving = new AbortController();
  const { signal } = leaving;
  const open = async (_: unknown, i: number): Promise<AsyncIterator<unknown>> => {
    const reader = bank.watch(accounts.watch, { account: "a" }, { as: { id: `p${i}`, roles: [] }, signal });
    const answers = reader[Symbol.asyncIterator]();
    await answers.next();
    return answers;
  };
  await open(undefined, 1_000);
  const before = process.memoryUsage().rss;
  const readers = await Promise.all(Array.from({ length: 999 }, open));
  // Both ends of each are in this process.
  expect((process.memoryUsage().rss - before) / 1_000).toBeLessThan(150_000);
  const began = Date.now();
  await bank.call(accounts.deposit, { account: "b", pence: 5 });
  expect(Date.now() - began).toBeLessThan(1_500);
  await bank.call(accounts.deposit, { account: "a", pence: 5 });
  const seen = await Promise.all(readers.map(async (reader) => (await reader.next()).value));
  expect(seen.length).toBe(999);
  leaving.abort();
});

test("a unit that is killed ends its streams, and one that is there again goes on", async () => {
  await using bank = await rig(app, {
    mode: "processes",
    run: ["accounts"],
    config: new URL("./fixture/app.ts", import.meta.url),
    timing: { leaseMs: 1_000 },
  });
  await bank.call(accounts.deposit, { account: "a", pence: 5 });
  const reader = bank.watch(accounts.watch, { account: "a" })[Symbol.asyncIterator]();
  expect((await reader.next()).value).toEqual({ pence: 5, movements: 1 });
  const next = reader.next();
  const told = expect(next).rejects.toMatchObject({ code: "UNAVAILABLE" });
  bank.processes.get("accounts")!.kill();
  await told;
  await bank.restart("accounts");
  const again = bank.watch(accounts.watch, { account: "a" })[Symbol.asyncIterator]();
  expect((await again.next()).value).toEqual({ pence: 5, movements: 1 });
  await bank.call(accounts.deposit, { account: "a", pence: 5 });
  expect((await again.next()).value).toEqual({ pence: 10, movements: 2 });
  await again.return!();
});

/** The error that an iteration ends with. */
async function failure(answers: AsyncIterable<unknown>): Promise<unknown> {
  try {
    for await (const _ of answers);
  } catch (error) {
    return error;
  }
  return expect.fail("it ended well");
}
