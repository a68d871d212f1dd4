import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  command,
  contract,
  event,
  every,
  on,
  query,
  saga,
  service,
  twoPhase,
  type ServiceDefinition,
} from "./index.ts";
import { refusal } from "./testing.ts";

const Id = z.object({ id: z.string() });
const orders = contract("orders", {
  version: 1,
  find: query({ input: Id }),
  place: command({ input: Id }),
  placed: event({ data: Id, key: "id" }),
});
const users = contract("users", {
  version: 1,
  joined: event({ data: Id, key: "id" }),
  name: query({ input: Id }),
});
const nothing = contract("nothing", { version: 1 });

const database = { migrations: new URL("./migrations/", import.meta.url) };
const find = async () => ({});
const place = async () => ({});
const sweep = async () => {};
const handle = { find, place };
const phases = twoPhase(find, place);
const reaction = on(users.joined, async () => {});
const checkout = saga("checkout", { version: 1, input: Id, uses: [orders], run: async () => {} });

/** Declares what the compiler would refuse. */
const declare = service as (contract: unknown, needs: unknown, behaviour: unknown) => ServiceDefinition;

describe("a service", () => {
  test("is its contract, its needs and its behaviour, as data", () => {
    const made = declare(
      orders,
      { database, uses: [users] },
      { handle: { find, place: phases }, react: [reaction], sagas: [checkout] },
    );
    expect(made).toMatchObject({
      name: "orders",
      contract: orders,
      react: [reaction],
      schedule: [],
      sagas: [checkout],
    });
    expect(made.handle["place"]).toBe(phases);
    expect(Object.isFrozen(made)).toBe(true);
  });

  test("may do nothing but react", () => {
    expect(declare(nothing, { database }, { react: [reaction] }).handle).toEqual({});
  });
});

describe("a wrong service is refused", () => {
  test.each<readonly [string, unknown, unknown, unknown, string, RegExp, RegExp]>([
    ["no contract", {}, {}, { handle }, "a contract", /not made by contract/, /export/],
    ["no needs", orders, undefined, { handle }, "service(orders)", /second argument/, /give \{\}/],
    ["no behaviour", orders, {}, undefined, "service(orders)", /third argument/, /handle/],
    [
      "a misspelt need",
      orders,
      { databse: database },
      { handle },
      "service(orders)",
      /"databse"/,
      /did you mean "database"/,
    ],
    [
      "an unknown need",
      orders,
      { cache: {} },
      { handle },
      "service(orders)",
      /"cache"/,
      /database, uses, settings/,
    ],
    [
      "migrations that are no URL",
      orders,
      { database: { migrations: "./migrations" } },
      { handle },
      "service(orders).database",
      /where its migrations are/,
      /new URL/,
    ],
    [
      "no migrations",
      orders,
      { database: true },
      { handle },
      "service(orders).database",
      /migrations/,
      /new URL/,
    ],
    [
      "settings that are no object",
      orders,
      { settings: z.string() },
      { handle },
      "service(orders).settings",
      /z\.object/,
      /z\.object/,
    ],
    [
      "uses that are no list",
      orders,
      { uses: users },
      { handle },
      "service(orders).uses",
      /not a list/,
      /list contracts/,
    ],
    [
      "uses of something else",
      orders,
      { uses: [{}] },
      { handle },
      "service(orders).uses",
      /not a contract/,
      /what contract/,
    ],
    [
      "uses twice",
      orders,
      { uses: [users, users] },
      { handle },
      "service(orders).uses",
      /"users@1" twice/,
      /once/,
    ],
    [
      "misspelt behaviour",
      orders,
      { database },
      { handle, reacts: [] },
      "service(orders)",
      /"reacts"/,
      /did you mean "react"/,
    ],
    [
      "no handler",
      orders,
      {},
      { handle: { find } },
      "service(orders)",
      /handles no "place"/,
      /add handle\.place/,
    ],
    ["no handlers", orders, {}, {}, "service(orders)", /handles no "find"/, /add handle\.find/],
    [
      "a misspelt handler",
      orders,
      {},
      { handle: { find, plcae: place } },
      "service(orders).handle.plcae",
      /not a query, command or stream/,
      /did you mean "place"/,
    ],
    [
      "a handler of an event",
      orders,
      {},
      { handle: { ...handle, placed: place } },
      "service(orders).handle.placed",
      /not a query, command or stream/,
      /"place"|declare/,
    ],
    [
      "a handler that is no function",
      orders,
      {},
      { handle: { find, place: 1 } },
      "service(orders).handle.place",
      /neither/,
      /function/,
    ],
    [
      "a query in two phases",
      orders,
      { database },
      { handle: { find: phases, place } },
      "service(orders).handle.find",
      /two phases/,
      /only commands/,
    ],
    [
      "two phases without a database",
      orders,
      {},
      { handle: { find, place: phases } },
      "service(orders).handle.place",
      /no database/,
      /database/,
    ],
    [
      "reactions without a database",
      orders,
      {},
      { handle, react: [reaction] },
      "service(orders)",
      /no database/,
      /database/,
    ],
    [
      "sagas without a database",
      orders,
      {},
      { handle, sagas: [checkout] },
      "service(orders)",
      /no database/,
      /database/,
    ],
    [
      "what is no reaction",
      orders,
      { database },
      { handle, react: [find] },
      "service(orders).react",
      /not a reaction/,
      /on\(\)/,
    ],
    [
      "what is no schedule",
      orders,
      { database },
      { handle, schedule: [find] },
      "service(orders).schedule",
      /not a schedule/,
      /every\(\)/,
    ],
    [
      "what is no saga",
      orders,
      { database },
      { handle, sagas: [find] },
      "a saga",
      /not made by saga/,
      /saga\(\)/,
    ],
    [
      "two reactions to one event",
      orders,
      { database },
      { handle, react: [reaction, reaction] },
      "service(orders).react",
      /"users@1\.joined" twice/,
      /merge/,
    ],
    [
      "two schedules of a name",
      orders,
      { database },
      { handle, schedule: [every("1m", "sweep", sweep), every("2m", "sweep", sweep)] },
      "service(orders).schedule",
      /"sweep" twice/,
      /name of its own/,
    ],
    [
      "two sagas of a name",
      orders,
      { database },
      { handle, sagas: [checkout, checkout] },
      "service(orders).sagas",
      /"checkout" twice/,
      /name of its own/,
    ],
  ])("%s", (_name, made, needs, behaviour, at, problem, mend) => {
    expect(refusal(() => declare(made, needs, behaviour))).toMatchObject({
      place: at,
      problem: expect.stringMatching(problem) as string,
      mend: expect.stringMatching(mend) as string,
    });
  });
});

describe("a wrong reaction or schedule is refused", () => {
  const react = on as (event: unknown, run: unknown, options?: unknown) => unknown;
  const again = (replayable: unknown, run: unknown = place) => react(users.joined, run, { replayable });
  const repeat = every as (interval: unknown, name: unknown, run: unknown) => unknown;

  test.each<readonly [string, () => unknown, string, RegExp]>([
    ["to a command", () => react(orders.place, place), "on(…)", /orders@1\.place is not an event/],
    ["to nothing", () => react(undefined, place), "on(…)", /first argument is not an event/],
    [
      "to an event of no contract",
      () => react(event({ data: Id, key: "id" }), place),
      "on(…)",
      /not an event of a contract/,
    ],
    ["that runs nothing", () => react(users.joined, undefined), "on(users@1.joined)", /neither a function/],
    ["that fills no table", () => again({}), "on(users@1.joined).replayable", /names no tables/],
    ["that fills no name", () => again({ tables: ["A b"] }), "on(users@1.joined).replayable", /"A b" is not/],
    [
      "that is replayable in two phases",
      () => again({ tables: ["a"] }, twoPhase(place, place)),
      "on(users@1.joined).replayable",
      /two phases/,
    ],
    [
      "every now and then",
      () => repeat("soon", "x", place),
      'every("soon", "x")',
      /"soon" is not a duration/,
    ],
    ["every 0 s", () => repeat("0s", "x", place), 'every("0s", "x")', /"0s" is not a duration/],
    ["without a name", () => repeat("1m", " ", place), 'every("1m", " ")', /its name/],
    ["that never runs", () => repeat("1m", "x", undefined), 'every("1m", "x")', /not a function/],
  ])("%s", (_name, declared, at, problem) => {
    expect(refusal(declared)).toMatchObject({ place: at, problem: expect.stringMatching(problem) as string });
  });

  test.each([
    ["250ms", 250],
    ["1.5s", 1_500],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
  ] as const)("a duration of %s is %i ms", (text, ms) => {
    expect(every(text, "x", sweep).everyMs).toBe(ms);
  });
});
