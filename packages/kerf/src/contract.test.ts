import { describe as suite, expect, test } from "vitest";
import { z } from "zod";
import {
  command,
  contract,
  contractIdOf,
  describe,
  event,
  isContract,
  memberNameOf,
  query,
  serviceNameOf,
  typesOf,
  type AnyContract,
} from "./index.ts";
import { refusal } from "./testing.ts";

const Sku = z.object({ sku: z.string() });

suite("a contract", () => {
  const inventory = contract("inventory", {
    version: 2,
    stock: query({
      http: "GET /stock/:sku",
      access: "public",
      input: Sku,
      output: z.object({ left: z.int() }),
    }),
    find: query({ http: "POST /stock/search", access: "user" }),
    release: command({ input: Sku, errors: { Unknown: Sku }, isolation: "serializable" }),
    depleted: event({ data: Sku, key: "sku" }),
  });

  test("gives each member its id, and says what it holds in the order of declaration", () => {
    const facts = describe(inventory);
    expect(facts).toMatchObject({ id: "inventory@2", name: "inventory", version: 2 });
    expect([...facts.members.keys()]).toEqual(["stock", "find", "release", "depleted"]);
    expect(inventory.release).toMatchObject({
      kind: "command",
      id: "inventory@2.release",
      isolation: "serializable",
    });
    expect(facts.members.get("depleted")).toBe(inventory.depleted);
    expect([contractIdOf, serviceNameOf, memberNameOf].map((part) => part(inventory.stock.id))).toEqual([
      "inventory@2",
      "inventory",
      "stock",
    ]);
  });

  test("cannot be changed", () => {
    expect(() => Object.assign(inventory, { more: 1 })).toThrow(TypeError);
    expect(() => Object.assign(inventory.stock, { http: "GET /other" })).toThrow(TypeError);
  });

  test("takes an empty object for an input or output that is not given", () => {
    expect(z.safeParse(inventory.find.input, {}).success).toBe(true);
    expect(inventory.release.access).toBeUndefined();
  });

  test("is told from what only looks like one", () => {
    expect(isContract(inventory)).toBe(true);
    expect(isContract({ ...inventory })).toBe(false);
    expect(refusal(() => describe({ ...inventory } as unknown as AnyContract)).mend).toMatch(
      /what contract\(\) returns/,
    );
  });
});

/** Declares what the compiler would refuse. */
const declare = (name: string, members: object) => () => contract(name, { version: 1, ...members } as never);

suite("a wrong contract is refused", () => {
  test.each<readonly [string, () => unknown, string, RegExp, RegExp]>([
    ["a name of two words", declare("my-stock", {}), 'contract("my-stock")', /camelCase/, /rename/],
    [
      "a name that is too long",
      declare("s".repeat(41), {}),
      `contract("${"s".repeat(41)}")`,
      /at most 40/,
      /rename/,
    ],
    [
      "no version",
      declare("stock", { version: undefined }),
      'contract("stock")',
      /version undefined/,
      /version: 1/,
    ],
    ["version 0", declare("stock", { version: 0 }), 'contract("stock")', /version 0/, /version: 1/],
    ["version 1.5", declare("stock", { version: 1.5 }), 'contract("stock")', /version 1\.5/, /version: 1/],
    ["a number as member", declare("stock", { left: 3 }), 'contract("stock").left', /no member/, /query\(\)/],
    [
      "nothing as member",
      declare("stock", { left: null }),
      'contract("stock").left',
      /no member/,
      /query\(\)/,
    ],
    [
      "a schema as member",
      declare("stock", { left: Sku }),
      'contract("stock").left',
      /no member/,
      /query\(\)/,
    ],
    [
      "a member's name",
      declare("stock", { "how-many": query({}) }),
      'contract("stock").how-many',
      /camelCase/,
      /rename/,
    ],
    [
      "a member of another contract",
      () => declare("other", { stock: contract("stock", { version: 1, left: query({}) }).left })(),
      'contract("other").stock',
      /already the member stock@1\.left/,
      /of its own/,
    ],
  ])("%s", (_name, run, place, problem, mend) => {
    expect(refusal(run)).toMatchObject({
      place,
      problem: expect.stringMatching(problem) as string,
      mend: expect.stringMatching(mend) as string,
    });
  });
});

suite("a wrong member is refused", () => {
  const Input = z.object({ sku: z.string(), orderId: z.string() });
  const asked = (spec: object) => () => declare("stock", { ask: query(spec as never) })();
  const ordered = (spec: object) => () => declare("stock", { ask: command(spec as never) })();

  test.each<readonly [string, () => unknown, string, RegExp, RegExp]>([
    [
      "an input that is no schema",
      asked({ input: { sku: "string" } }),
      ".input",
      /not a schema of Zod 4/,
      /z\.object/,
    ],
    [
      "an output that is no schema",
      asked({ output: "text" }),
      ".output",
      /not a schema of Zod 4/,
      /z\.object/,
    ],
    [
      "errors that are no schema",
      asked({ errors: { Gone: {} } }),
      ".errors.Gone",
      /not a schema/,
      /z\.object/,
    ],
    [
      "data that are no schema",
      declare("stock", { ask: event({ data: {} as z.ZodType, key: "sku" as never }) }),
      ".data",
      /not a schema/,
      /z\.object/,
    ],
    [
      "a status as a code",
      asked({ errors: { NOT_FOUND: Sku } }),
      ".errors",
      /"NOT_FOUND" is a status/,
      /OutOfStock/,
    ],
    ["a code of two words", asked({ errors: { "not-here": Sku } }), ".errors", /"not-here"/, /OutOfStock/],
    ["http without access", asked({ http: "GET /all" }), "", /no access/, /"public"/],
    ["a misspelt access", asked({ http: "GET /all", access: "pulbic" }), "", /"pulbic"/, /"public"/],
    ["a role without a name", asked({ access: "role:" }), "", /"role:"/, /role:…/],
    [
      "an unknown method",
      asked({ http: "FETCH /all", access: "user" }),
      "",
      /not a route/,
      /GET \/stock\/:sku/,
    ],
    ["a route without a slash", asked({ http: "GET all", access: "user" }), "", /not a route/, /GET \/stock/],
    ["a slash at the end", asked({ http: "GET /all/", access: "user" }), "", /not a route/, /GET \/stock/],
    [
      "a query in the path",
      asked({ http: "GET /all?x=1", access: "user" }),
      "",
      /not a route/,
      /GET \/stock/,
    ],
    ["a step upwards", asked({ http: "GET /../all", access: "user" }), "", /not a route/, /GET \/stock/],
    [
      "a parameter without a name",
      asked({ http: "GET /all/:", access: "user" }),
      "",
      /not a route/,
      /GET \/stock/,
    ],
    [
      "a parameter used twice",
      asked({ http: "GET /a/:sku/b/:sku", access: "user", input: Input }),
      "",
      /"sku" twice/,
      /rename/,
    ],
    [
      "a parameter that is no field",
      asked({ http: "GET /orders/:orderid", access: "user", input: Input }),
      "",
      /"orderid", which is not a field/,
      /did you mean ":orderId"/,
    ],
    ["another one", asked({ http: "GET /a/:zone", access: "user" }), "", /"zone"/, /add "zone" to its input/],
    ["a command on GET", ordered({ http: "GET /buy", access: "user" }), "", /command on GET/, /use POST/],
    ["a query on DELETE", asked({ http: "DELETE /buy", access: "user" }), "", /query on DELETE/, /use GET/],
  ])("%s", (_name, run, place, problem, mend) => {
    expect(refusal(run)).toMatchObject({
      place: `contract("stock").ask${place}`,
      problem: expect.stringMatching(problem) as string,
      mend: expect.stringMatching(mend) as string,
    });
  });

  test("two routes that the same requests would reach", () => {
    const access = "public" as const;
    const error = refusal(() =>
      contract("stock", {
        version: 1,
        one: query({ http: "GET /stock/:sku", access, input: Sku }),
        two: query({ http: "GET /stock/:id", access, input: z.object({ id: z.string() }) }),
      }),
    );
    expect(error).toMatchObject({
      place: 'contract("stock").two',
      mend: "give each member a route of its own",
    });
    expect(error.problem).toBe("its route GET /stock/:id is also that of one");
  });

  test("a key that is not in the data", () => {
    const error = refusal(() => event({ data: Sku, key: "id" as "sku" }));
    expect(error).toMatchObject({
      place: 'event({ key: "id" })',
      problem: '"id" is not a field of its data',
    });
  });
});

test("a refusal reads as a sentence with what to do", () => {
  expect(refusal(declare("stock", { version: 0 })).message).toBe(
    'contract("stock"): version 0 is not a whole number from 1. Start at version: 1.',
  );
});

suite("earlier versions of a member", () => {
  const to = () => ({ sku: "" });
  const data = Sku;
  const declaring = (earlier: unknown, more: object = {}) =>
    contract("inventory", {
      version: 1,
      depleted: event({ data: Sku, key: "sku", earlier: earlier as never }),
      ...more,
    });

  test("give the member its version, and the types that its messages have or had", () => {
    const made = declaring({ 2: { name: "emptied", data, to }, 1: { name: "gone", data, to } });
    expect(made.depleted).toMatchObject({
      version: 3,
      earlier: [{ version: 1 }, { version: 2, name: "emptied" }],
    });
    expect(typesOf(made.depleted)).toEqual([
      "inventory@1.depleted",
      "inventory@1.gone",
      "inventory@1.emptied",
    ]);
    const bare = contract("bare", { version: 1, depleted: event({ data, key: "sku" }), go: command({}) });
    expect([bare.depleted.version, bare.go.version, typesOf(bare.depleted)]).toEqual([
      1,
      1,
      ["bare@1.depleted"],
    ]);
  });

  const place = 'contract("inventory").depleted';
  test.each<[string, unknown, string, RegExp]>([
    ["with a gap", { 2: { data, to } }, `${place}.earlier`, /a version 2 where 1 is expected/],
    ["by no number", { one: { data, to } }, `${place}.earlier`, /a version NaN/],
    ["without data", { 1: { to } }, `${place}.earlier[1]`, /has no data/],
    ["with no schema", { 1: { data: {}, to } }, `${place}.earlier[1]`, /not a schema of Zod 4/],
    ["without a function", { 1: { data } }, `${place}.earlier[1]`, /no function `to`/],
    ["with no name", { 1: { name: "A b", data, to } }, `${place}.earlier[1]`, /"A b" was no name/],
  ])("are refused %s", (_name, earlier, at, problem) => {
    expect(refusal(() => declaring(earlier))).toMatchObject({
      place: at,
      problem: expect.stringMatching(problem) as string,
    });
  });

  test("are refused where a name is that of another member, now or then", () => {
    const gone = { earlier: { 1: { name: "gone", data, to } } };
    const event2 = event({ data, key: "sku", ...gone });
    expect(refusal(() => declaring(gone.earlier, { gone: command({}) }))).toMatchObject({
      place: `${place}.earlier`,
      problem: 'says that it was called "gone", which is a name of gone',
    });
    expect(refusal(() => declaring(gone.earlier, { other: event2 }))).toMatchObject({
      place: 'contract("inventory").other.earlier',
    });
  });
});
