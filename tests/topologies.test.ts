import { failed, StatusError } from "kerf";
import { rig, type Mode, type Rig } from "@kerf/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accounts } from "./fixture/accounts/contract.ts";
import { outside } from "./fixture/accounts/service.ts";
import app from "./fixture/app.ts";
import { statements } from "./fixture/statements/contract.ts";
import { teller } from "./fixture/teller/contract.ts";
import { transfers } from "./fixture/transfers/contract.ts";

const modes: Mode[] = ["local", "serialised", "units", "processes"];

/** The error that a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.fail(`it succeeded with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

describe.each(modes)("the same code, %s", (mode) => {
  let bank: Rig;
  let n = 0;
  const name = (): string => `${mode} ${++n}`;
  beforeAll(async () => {
    bank = await rig(app, { mode, config: new URL("./fixture/app.ts", import.meta.url) });
  });
  afterAll(() => bank?.stop());

  test("a command changes data and its event arrives", async () => {
    const account = name();
    expect(await bank.call(accounts.deposit, { account, pence: 250 })).toEqual({ pence: 250 });
    expect(await bank.call(accounts.balance, { account })).toEqual({ pence: 250, movements: 1 });
    expect(await bank.seen(accounts.moved, { account })).toEqual({ account, pence: 250, number: 1 });
    await bank.settled();
    expect(await bank.call(statements.lines, { account })).toEqual({ numbers: [1] });
  });

  test("a command takes effect once for its id, also when both come at once", async () => {
    const account = name();
    const twice = await Promise.allSettled(
      [1, 2].map(() => bank.call(accounts.deposit, { account, pence: 10 }, { id: "same " + account })),
    );
    expect(twice.some((end) => end.status === "fulfilled")).toBe(true);
    expect(await bank.call(accounts.deposit, { account, pence: 10 }, { id: "same " + account })).toEqual({
      pence: 10,
    });
    const other = await failure(
      bank.call(accounts.deposit, { account, pence: 11 }, { id: "same " + account }),
    );
    expect(other).toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(await bank.call(accounts.balance, { account })).toEqual({ pence: 10, movements: 1 });
  });

  test("a declared error is a typed value, rolls back, and is replayed", async () => {
    const account = name();
    await bank.call(accounts.deposit, { account, pence: 5 });
    const error = await failure(bank.call(accounts.withdraw, { account, pence: 9 }, { id: "w " + account }));
    expect(failed(error, accounts.withdraw, "TooLittle") && error.data.pence).toBe(5);
    await bank.call(accounts.deposit, { account, pence: 50 });
    const again = await failure(bank.call(accounts.withdraw, { account, pence: 9 }, { id: "w " + account }));
    expect(failed(again, accounts.withdraw, "TooLittle") && again.data.pence).toBe(5);
    expect(await bank.call(accounts.balance, { account })).toEqual({ pence: 55, movements: 2 });
  });

  test("what is too large is refused, be it input or error", async () => {
    const ask = (characters: number): Promise<unknown> =>
      failure(bank.call(accounts.balance, { account: "a".repeat(characters) }));
    expect(await ask(1_000)).toMatchObject({ code: "NoSuchAccount" });
    const refused = (what: string) => ({
      code: "RESOURCE_EXHAUSTED",
      message: expect.stringContaining(what) as string,
    });
    expect(await ask(2_000_000)).toMatchObject(refused("NoSuchAccount"));
    expect(await ask(4_300_000)).toMatchObject(refused("the input of accounts@1.balance"));
  });

  test("a composing service sees declared errors and repeats inner commands safely", async () => {
    const account = name();
    expect(await bank.call(teller.overview, { account })).toEqual({ problem: `no ${account}` });
    const deposit = (): Promise<unknown> =>
      bank.call(teller.depositTwice, { account, pence: 7 }, { id: "twice " + account });
    expect(await deposit()).toEqual({ pence: 14 });
    expect(await deposit()).toEqual({ pence: 14 });
    expect(await bank.call(teller.overview, { account })).toEqual({ pence: 14 });
  });

  test("a service cannot call what it does not use", async () => {
    expect(await bank.call(teller.trespass, {})).toEqual({ code: "PERMISSION_DENIED" });
  });

  test("wrong input, a wrong reply, a crash and a forgotten throw have their codes and tell no secrets", async () => {
    const wrong = await failure(bank.call(accounts.deposit, { account: "", pence: 1.5 }));
    expect(wrong).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect((wrong as StatusError).violations.map((v) => v.path).toSorted()).toEqual(["account", "pence"]);
    for (const how of ["throw", "forget", "wrong output"] as const) {
      const error = await failure(bank.call(accounts.fail, { how }));
      // A made error that was not thrown counts as thrown only where the handler returned nothing.
      expect(error).toMatchObject({ code: "INTERNAL" });
      expect((error as Error).message).not.toContain("secret");
    }
    expect(await failure(bank.call(accounts.fail, { how: "call after sql" }))).toMatchObject({
      code: "INTERNAL",
    });
  });

  test("a deadline is kept", async () => {
    const began = Date.now();
    expect(await failure(bank.call(accounts.slow, { ms: 5_000 }, { timeoutMs: 150 }))).toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    expect(Date.now() - began).toBeLessThan(2_000);
  });

  test("events of a key arrive in order, each once in effect", async () => {
    const account = name();
    for (let i = 0; i < 5; i++)
      await Promise.all([1, 2, 3, 4].map(() => bank.call(accounts.deposit, { account, pence: 1 })));
    await bank.settled();
    const { numbers } = await bank.call(statements.lines, { account });
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const sequences = bank
      .events()
      .filter((e) => e.type === accounts.moved.id && (e.data as { account: string }).account === account)
      .map((e) => e.sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });

  test("a sent command is carried out once, later", async () => {
    const account = name();
    await bank.call(transfers.gift, { to: account, pence: 33 });
    await bank.settled();
    expect(await bank.call(accounts.balance, { account })).toEqual({ pence: 33, movements: 1 });
  });

  test("a poisoned message blocks its key only, and is handled in order once mended", async () => {
    const [bad, good] = [name(), name()];
    await bank.call(statements.break, { account: bad, broken: true });
    await bank.call(accounts.deposit, { account: bad, pence: 1 });
    await bank.call(accounts.deposit, { account: bad, pence: 2 });
    await bank.call(accounts.deposit, { account: good, pence: 3 });
    await expect
      .poll(() => bank.call(statements.lines, { account: good }), { timeout: 10_000 })
      .toEqual({ numbers: [1] });
    await expect
      .poll(async () => (await bank.status()).reduce((sum, s) => sum + s.retries, 0), { timeout: 10_000 })
      .toBe(2);
    expect(await bank.call(statements.lines, { account: bad })).toEqual({ numbers: [] });
    await bank.call(statements.break, { account: bad, broken: false });
    await bank.settled();
    expect(await bank.call(statements.lines, { account: bad })).toEqual({ numbers: [1, 2] });
  });

  test("a saga finishes", async () => {
    const [from, to] = [name(), name()];
    await bank.call(accounts.deposit, { account: from, pence: 500 });
    await bank.call(transfers.start, { id: `t ${from}`, from, to, pence: 100 });
    await bank.settled();
    expect(await bank.call(transfers.state, { id: `t ${from}` })).toEqual({ state: "done" });
    expect((await bank.call(accounts.balance, { account: from })).pence).toBe(400);
    expect((await bank.call(accounts.balance, { account: to })).pence).toBe(100);
    if (mode !== "processes") expect(outside.get(`move/t ${from}/deposit`)).toBe(1);
  });

  test("a refused saga is undone", async () => {
    const [from, to] = [name(), name()];
    await bank.call(accounts.deposit, { account: from, pence: 500 });
    await bank.call(transfers.start, { id: `t ${from}`, from, to, pence: 116 });
    await bank.settled();
    expect(await bank.call(transfers.state, { id: `t ${from}` })).toEqual({
      state: "refused",
      reason: "Declined",
    });
    expect((await bank.call(accounts.balance, { account: from })).pence).toBe(500);
  });

  test("a saga waits for an event, or gives up", async () => {
    const [from, to] = [name(), name()];
    await bank.call(accounts.deposit, { account: from, pence: 20_000 });
    await bank.call(transfers.start, { id: `a ${from}`, from, to, pence: 1_000 });
    await bank.call(transfers.start, { id: `b ${from}`, from, to, pence: 5_000 });
    await bank.call(transfers.approve, { id: `a ${from}` });
    await bank.settled();
    expect(await bank.call(transfers.state, { id: `a ${from}` })).toEqual({ state: "done" });
    expect(await bank.call(transfers.state, { id: `b ${from}` })).toEqual({
      state: "refused",
      reason: "INTERNAL",
    });
    expect((await bank.call(accounts.balance, { account: from })).pence).toBe(19_000);
  });

  test("a schedule runs", async () => {
    const before = (await bank.call(statements.total, {})).runs;
    await expect
      .poll(async () => (await bank.call(statements.total, {})).runs, { timeout: 10_000 })
      .toBeGreaterThan(before + 1);
  });

  test("everything that moved is on the statements", async () => {
    await bank.settled();
    const moved = bank.events().filter((e) => e.type === accounts.moved.id);
    const { pence, lines } = await bank.call(statements.total, {});
    expect(lines).toBe(new Set(moved.map((e) => e.id)).size);
    expect(pence).toBe(
      [...new Map(moved.map((e) => [e.id, (e.data as { pence: number }).pence])).values()].reduce(
        (a, b) => a + b,
        0,
      ),
    );
  });
});

test("units that do not know each other's secret do not start", async () => {
  const started = rig(app, {
    mode: "units",
    run: ["accounts", "statements"],
    settings: { KERF_UNIT_SECRET: "short" },
  });
  expect(await failure(started)).toMatchObject({
    place: "KERF_UNIT_SECRET",
    problem: expect.stringContaining("32 to 200"),
  });
});
