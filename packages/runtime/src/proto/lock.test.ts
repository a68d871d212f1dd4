import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyContract, command, contract, event, query, type Schema } from "kerf";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { codec } from "./codec.ts";
import { type ContractLock, emptyLock, protoOf, withoutCompletion } from "./lock.ts";
import { ContractLockError, lockContracts, readLock, writeLock } from "./lock-file.ts";
import { lockText } from "./lock-text.ts";
import { checkLock, updateLock } from "./lock-update.ts";
import { protoText } from "./proto-text.ts";

interface Parts {
  input?: z.ZodType;
  output?: z.ZodType;
  data?: z.ZodObject;
  errors?: Record<string, Schema>;
}

function shop({ input, output, data, errors }: Parts, more: object = {}): AnyContract {
  return contract("shop", {
    version: 1,
    order: command({ input: input ?? z.object({}), output: output ?? z.object({}), errors: errors ?? {} }),
    placed: event({ data: data ?? z.object({ id: z.string() }), key: "id" as never }),
    ...more,
  }) as unknown as AnyContract;
}

function locked(...contracts: AnyContract[]): ContractLock {
  return updateLock(emptyLock, contracts).lock;
}

function refusals(before: Parts, after: Parts): string[] {
  return updateLock(locked(shop(before)), [shop(after)]).refused.map(
    ({ place, reason }) => `${place} ${reason}`,
  );
}

describe("field numbers", () => {
  const first = shop({ input: z.object({ a: z.string(), b: z.int() }) });
  const second = shop({ input: z.object({ note: z.string().optional(), b: z.int(), a: z.string() }) });

  it("stay with their fields when others come before them", () => {
    const { lock, refused, changed } = updateLock(locked(first), [second]);
    expect(refused).toEqual([]);
    expect(changed).toEqual(["shop@1"]);
    const old = codec(protoOf(first)).methods.get("shop@1.order");
    const now = codec(protoOf(second, lock)).methods.get("shop@1.order");
    expect(now?.request.decode(old?.request.encode({ a: "x", b: 3 }) ?? Buffer.of())).toEqual({
      a: "x",
      b: 3,
    });
  });

  it("are never given again once their field went", () => {
    const accept = ["shop@1:OrderRequest.a"];
    const without = shop({ input: z.object({ b: z.int() }) });
    const { lock, refused } = updateLock(locked(first), [without], { accept });
    expect(refused).toEqual([]);
    const again = shop({ input: z.object({ b: z.int(), c: z.int().optional() }) });
    const text = protoText(protoOf(again, updateLock(lock, [again]).lock));
    expect(text).toContain('  reserved 1;\n  reserved "a";\n  int64 b = 2;\n  optional int64 c = 3;');
  });

  it("change with an accepted change of type, so that old bytes are not misread", () => {
    const other = shop({ input: z.object({ a: z.object({ x: z.string() }), b: z.int() }) });
    const { lock, refused } = updateLock(locked(first), [other], { accept: ["shop@1:OrderRequest.a"] });
    expect(refused).toEqual([]);
    expect(protoText(protoOf(other, lock))).toContain("  reserved 1;\n  A a = 3;\n  int64 b = 2;");
    expect(checkLock(lock, [other])).toEqual([]);
  });

  it("pass over those that protobuf keeps for itself", () => {
    const lock = structuredClone(locked(first)) as ContractLock;
    Object.assign(lock.contracts["shop@1"]?.messages["OrderRequest"]?.fields["b"] ?? {}, { number: 18_999 });
    expect(protoText(protoOf(second, lock))).toContain("note = 20000;");
  });
});

describe("an incompatible change is refused with its place", () => {
  const object = z.object;
  it.each<[string, Parts, Parts, string[]]>([
    [
      "another type",
      { input: object({ a: z.object({ n: z.int() }) }) },
      { input: object({ a: z.object({ n: z.string() }) }) },
      ["shop@1:OrderRequest.A.n was an int64 and is a string"],
    ],
    [
      "one value to many",
      { output: object({ a: z.string() }) },
      { output: object({ a: z.array(z.string()) }) },
      ["shop@1:OrderResponse.a was a string and is repeated string"],
    ],
    [
      "nullable",
      { output: object({ a: z.string() }) },
      { output: object({ a: z.string().nullable() }) },
      ["shop@1:OrderResponse.a was a string and is a nullable"],
    ],
    [
      "optional to required in an input",
      { input: object({ a: z.string().optional() }) },
      { input: object({ a: z.string() }) },
      ["shop@1:OrderRequest.a was optional and must be given now"],
    ],
    [
      "a new required field in an input",
      {},
      { input: object({ a: z.string() }) },
      ["shop@1:OrderRequest.a is a new field that callers of this version do not give"],
    ],
    [
      "required to optional in an output",
      { output: object({ a: z.string() }) },
      { output: object({ a: z.string().optional() }) },
      ["shop@1:OrderResponse.a was always there and may be absent now"],
    ],
    [
      "a field removed from an event",
      { data: object({ id: z.string(), a: z.int() }) },
      { data: object({ id: z.string() }) },
      ["shop@1:PlacedEvent.a the field was removed"],
    ],
    [
      "an enum value removed",
      { input: object({ a: z.enum(["x", "y"]) }) },
      { input: object({ a: z.enum(["x"]) }) },
      ['shop@1:OrderRequest.a no longer allows "y"'],
    ],
    [
      "an enum in place of any string in an input",
      { input: object({ a: z.string() }) },
      { input: object({ a: z.enum(["x"]) }) },
      ["shop@1:OrderRequest.a could hold anything and is an enum now"],
    ],
    [
      "any string in place of an enum in an output",
      { output: object({ a: z.enum(["x"]) }) },
      { output: object({ a: z.string() }) },
      ["shop@1:OrderResponse.a was an enum and may hold anything now"],
    ],
    [
      "narrower limits of an input",
      {
        input: object({
          a: z.string().max(40),
          b: z.int().min(1),
          c: z.array(z.string().max(3)).max(9),
          d: z.string().optional(),
          e: z.number().multipleOf(2),
        }),
      },
      {
        input: object({
          a: z.string().min(1).max(20),
          b: z.int().gt(1),
          c: z.array(z.string().max(2)).max(8),
          d: z.email().startsWith("a").optional(),
          e: z.number().multipleOf(4),
        }),
      },
      [
        "shop@1:OrderRequest.a allows less than it did: minLength is 1 now, maxLength was 40 and is 20",
        "shop@1:OrderRequest.b allows less than it did: exclusiveMinimum is 1 now",
        "shop@1:OrderRequest.c allows less than it did: maxLength was 3 and is 2, maxItems was 9 and is 8",
        'shop@1:OrderRequest.d allows less than it did: form is email now, patterns is ["a…"] now',
        "shop@1:OrderRequest.e allows less than it did: multipleOf was 2 and is 4",
      ],
    ],
    [
      "wider limits of an output",
      { output: object({ a: z.string().max(20), b: z.email() }) },
      { output: object({ a: z.string().max(40), b: z.string() }) },
      [
        "shop@1:OrderResponse.a allows more than its readers do: maxLength was 20 and is 40",
        "shop@1:OrderResponse.b allows more than its readers do: form was email and is not set",
      ],
    ],
    [
      "a new value of an enum whose readers expect none",
      { output: object({ a: z.enum(["x"]) }) },
      { output: object({ a: z.enum(["x", "y"]) }) },
      ['shop@1:OrderResponse.a may be "y" now, which readers without the case "unknown" refuse'],
    ],
    [
      "what stored events do not have, or hold beyond the new limits",
      { data: object({ id: z.string(), b: z.string().optional(), c: z.int() }) },
      { data: object({ id: z.string(), a: z.int(), b: z.string(), c: z.int().max(5) }) },
      [
        "shop@1:PlacedEvent.b was optional and must be given now",
        "shop@1:PlacedEvent.c allows less than it did: maximum is 5 now",
        "shop@1:PlacedEvent.a is a new field that what is stored does not have",
      ],
    ],
    [
      "a declared error removed",
      { errors: { Late: object({}), Gone: object({}) } },
      { errors: { Late: object({}) } },
      ["shop@1:order.Gone the declared error was removed"],
    ],
    [
      "an error's field removed",
      { errors: { Late: object({ by: z.int() }) } },
      { errors: { Late: object({}) } },
      ["shop@1:OrderErrors.Late.by the field was removed"],
    ],
    [
      "another form of the whole",
      { output: object({}) },
      { output: z.array(z.string()) },
      ["shop@1:OrderResponse was an object and is a box"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(refusals(before, after)).toEqual(expected);
  });

  const card = z.object({ by: z.literal("card"), number: z.string() });
  const bill = z.object({ by: z.literal("bill") });
  const one = z.discriminatedUnion("by", [card]);
  const both = z.discriminatedUnion("by", [card, bill]);

  it("an option of a union removed, or a new one in an output", () => {
    expect(refusals({ input: both }, { input: one })).toEqual([
      "shop@1:OrderRequest.bill the option was removed",
    ]);
    expect(refusals({ output: one }, { output: both })).toEqual([
      "shop@1:OrderResponse.bill is a new option, which readers of this version do not know",
    ]);
    expect(refusals({ input: one }, { input: both })).toEqual([]);
  });

  it("a member that is removed or of another kind, or an event with another key", () => {
    const ids = z.object({ id: z.string(), other: z.string() });
    const before = shop({ data: ids }, { ask: query({}), tell: query({}) });
    const after = contract("shop", {
      version: 1,
      order: query({}),
      tell: query({}),
      placed: event({ data: ids, key: "other" }),
    }) as unknown as AnyContract;
    expect(updateLock(locked(before), [after]).refused.map(({ place }) => place)).toEqual([
      "shop@1:order",
      "shop@1:ask",
      "shop@1:placed",
    ]);
  });

  it("and says who breaks", () => {
    const breaks = (before: Parts, after: Parts) =>
      updateLock(locked(shop(before)), [shop(after)]).refused.map((change) => change.breaks);
    expect(breaks({ input: object({ a: z.int() }) }, {})).toEqual([["old callers", "stored payloads"]]);
    expect(breaks({ output: object({ a: z.int() }) }, {})).toEqual([["old callers"]]);
    const id = z.string();
    expect(breaks({ data: object({ id, a: z.int() }) }, { data: object({ id }) })).toEqual([
      ["old subscribers"],
    ]);
    expect(breaks({ data: object({ id }) }, { data: object({ id, a: z.int() }) })).toEqual([
      ["stored payloads"],
    ]);
  });

  it.each([
    ["GET /a/:id", "GET /b/:id", "its route was GET /a/:id and is GET /b/:id"],
    ["GET /a/:id", "POST /a/:id", "its route was GET /a/:id and is POST /a/:id"],
    ["GET /a/:id", undefined, "its route was GET /a/:id and has none"],
    ["GET /a/:id", "GET /a/:name", undefined],
    [undefined, "GET /a/:id", undefined],
  ] as const)("a route %s that is %s now", (before, after, reason) => {
    const input = z.object({ id: z.string(), name: z.string() });
    const ask = (http: "GET /a/:id" | undefined) =>
      shop({}, { ask: query(http ? { input, http, access: "public" } : { input }) });
    const { refused } = updateLock(locked(ask(before as "GET /a/:id")), [ask(after as "GET /a/:id")]);
    expect(refused.map((change) => [change.place, change.reason, change.breaks])).toEqual(
      reason ? [["shop@1:ask", reason, ["old callers"]]] : [],
    );
  });

  it("and says how to mend it and how to accept it", () => {
    const [refused] = updateLock(locked(shop({ input: z.object({ a: z.int() }) })), [shop({})]).refused;
    expect(refused?.mend).toBe(
      "put it back, or raise the contract's version to 2; if nobody relies on it, " +
        "accept it: kerf export proto --write-lock --accept shop@1:OrderRequest.a",
    );
  });

  it("and leaves that contract's entry as it was, and takes the others", () => {
    const lock = locked(shop({ input: z.object({ a: z.int() }) }));
    const other = contract("other", { version: 1, ask: query({}) }) as unknown as AnyContract;
    const update = updateLock(lock, [shop({}), other]);
    expect(update.changed).toEqual(["other@1"]);
    expect(update.lock.contracts["shop@1"]).toEqual(lock.contracts["shop@1"]);
  });
});

describe("a compatible change passes", () => {
  const object = z.object;
  it.each<[string, Parts, Parts]>([
    ["a new optional field in an input", {}, { input: object({ a: z.string().optional() }) }],
    ["a new field with a default in an input", {}, { input: object({ a: z.string().default("x") }) }],
    ["a new field in an output", {}, { output: object({ a: z.string() }) }],
    [
      "required to optional in an input",
      { input: object({ a: z.string() }) },
      { input: object({ a: z.string().optional() }) },
    ],
    [
      "optional to required in an output",
      { output: object({ a: z.int().optional() }) },
      { output: object({ a: z.int() }) },
    ],
    [
      "required to a default in an output",
      { output: object({ a: z.int() }) },
      { output: object({ a: z.int().default(1) }) },
    ],
    [
      "a new enum value where readers know of more to come",
      { output: object({ a: z.enum(["x", "unknown"]) }) },
      { output: object({ a: z.enum(["x", "y", "unknown"]) }) },
    ],
    [
      "wider limits of an input",
      {
        input: object({
          a: z.string().min(2).max(3).regex(/x/),
          b: z.int().gte(1),
          c: z.array(z.int()).max(1),
        }),
      },
      { input: object({ a: z.string().max(4), b: z.int(), c: z.array(z.int()).max(2) }) },
    ],
    [
      "narrower limits of an output",
      { output: object({ a: z.string(), b: z.array(z.int().max(9)) }) },
      { output: object({ a: z.email().max(9), b: z.array(z.int().max(8)).min(1) }) },
    ],
    ["a new optional field in an event", {}, { data: object({ id: z.string(), a: z.int().optional() }) }],
    ["a new declared error", {}, { errors: { Late: object({}) } }],
  ])("%s", (_, before, after) => {
    expect(refusals(before, after)).toEqual([]);
    const lock = updateLock(locked(shop(before)), [shop(after)]).lock;
    expect(checkLock(lock, [shop(after)])).toEqual([]);
  });
});

describe("an upcaster", () => {
  const Old = z.object({ user: z.string(), n: z.int() });
  const New = z.object({ userId: z.string(), n: z.int() });
  const to = ({ user, n }: { user: string; n: number }) => ({ userId: user, n });
  const bare = (members: object) =>
    contract("shop", { version: 1, ...members } as never) as unknown as AnyContract;
  const before = locked(bare({ placed: event({ data: Old, key: "user" }), pay: command({ input: Old }) }));
  const told = (members: object) =>
    updateLock(before, [bare(members)]).refused.map(
      ({ place, reason, breaks }) => `${place} ${reason} (${breaks})`,
    );
  const pay = command({ input: Old });

  it("lets the fields, key and name of an event change, and the lock then has today's", () => {
    expect(
      told({ pay, placed: event({ data: New, key: "userId", earlier: { 1: { data: Old, to } } }) }),
    ).toEqual([]);
    const renamed = bare({
      pay,
      ordered: event({ data: New, key: "userId", earlier: { 1: { name: "placed", data: Old, to } } }),
    });
    const { lock, refused } = updateLock(before, [renamed]);
    expect(refused).toEqual([]);
    expect(lock.contracts["shop@1"]?.members["ordered"]).toEqual({
      kind: "event",
      version: 2,
      key: "userId",
    });
    expect(checkLock(lock, [renamed])).toEqual([]);
    const dropped = bare({ pay, ordered: event({ data: New, key: "userId" }) });
    expect(updateLock(lock, [dropped]).refused).toMatchObject([
      {
        place: "shop@1:ordered",
        reason: "was of version 2 and is of 1: earlier versions are missing",
        breaks: ["stored payloads"],
      },
    ]);
  });

  it("that does not read what was promised is refused", () => {
    const Wrong = z.object({ user: z.string(), n: z.int().max(5), more: z.string() });
    expect(
      told({ pay, placed: event({ data: New, key: "userId", earlier: { 1: { data: Wrong, to } } }) }),
    ).toEqual([
      "shop@1:PlacedEvent.n earlier[1] does not say what was promised: allows less than it did: maximum is 5 now (stored payloads)",
      "shop@1:PlacedEvent.more earlier[1] does not say what was promised: is a new field that what is stored does not have (stored payloads)",
    ]);
  });

  it("of a command reads stored orders; who calls it still breaks", () => {
    const placed = event({ data: Old, key: "user" });
    const given = { placed, pay: command({ input: New, earlier: { 1: { input: Old, to } } }) };
    expect(told(given)).toEqual([
      "shop@1:PayRequest.user the field was removed (old callers)",
      "shop@1:PayRequest.user_id is a new field that callers of this version do not give (old callers)",
    ]);
  });
});

describe("an entry of an older lock file", () => {
  const input = z.object({ a: z.string().max(3) });
  const now = shop({ input }, { ask: query({ http: "GET /a", access: "public" }) });
  const strip = (lock: ContractLock): ContractLock => ({
    contracts: { "shop@1": withoutCompletion(lock.contracts["shop@1"]!) },
  });

  it("is sound as it is, and is completed when the file is written", () => {
    const old = strip(locked(now));
    expect(lockText(old)).not.toMatch(/format|limits|http/);
    expect(checkLock(old, [now])).toEqual([]);
    const { lock, changed } = updateLock(old, [now]);
    expect(changed).toEqual(["shop@1"]);
    expect(lockText(lock)).toContain('"limits": { "maxLength": 3 }');
    expect(lock.contracts["shop@1"]).toMatchObject({ format: 2, members: { ask: { http: "GET /a" } } });
  });

  it("says nothing of limits and routes, and all the rest", () => {
    const other = shop(
      { input: z.object({ a: z.string().max(2) }) },
      { ask: query({ http: "GET /b", access: "public" }) },
    );
    expect(updateLock(strip(locked(now)), [other]).refused).toEqual([]);
    expect(updateLock(locked(now), [other]).refused).toHaveLength(2);
    expect(
      checkLock(strip(locked(now)), [shop({ input: z.object({ a: z.string(), b: z.int().optional() }) })]),
    ).toMatchObject([{ place: "shop@1:ask" }]);
  });
});

describe("the lock file", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "kerf-lock-"));
    file = join(folder, "contracts.lock.json");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const limited = z.array(z.string().regex(/x/).max(3).min(1).includes("y")).max(2).min(1);
  const before = shop(
    { input: z.object({ b: z.enum(["y", "x"]), a: z.int().optional() }), output: z.object({ limited }) },
    { ask: query({ http: "GET /a", access: "public" }) },
  );
  const after = shop(
    {
      input: z.object({ b: z.enum(["y", "x"]), a: z.int().optional(), c: z.int().optional() }),
      output: z.object({ limited }),
    },
    { ask: query({ http: "GET /a", access: "public" }) },
  );

  it("is written in development, and is the same again", async () => {
    const lock = await lockContracts(file, [before], { frozen: false });
    expect(await readLock(file)).toEqual(lock);
    const text = await readFile(file, "utf8");
    await lockContracts(file, [before], { frozen: true });
    await lockContracts(file, [before], { frozen: false });
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("has a line per field, sorted, so that a diff reads well", async () => {
    await lockContracts(file, [before], { frozen: false });
    const old = (await readFile(file, "utf8")).split("\n");
    expect(old).toContain('            "b": { "number": 1, "type": "string", "values": [ "x", "y" ] },');
    await lockContracts(file, [after], { frozen: false });
    const added = (await readFile(file, "utf8")).split("\n").filter((line) => !old.includes(line));
    expect(added.filter((line) => !line.includes('"a"'))).toEqual([
      '            "c": { "number": 3, "label": "optional", "type": "int64" }',
    ]);
  });

  it("is refused when it is out of date and frozen, and left as it is", async () => {
    await lockContracts(file, [before], { frozen: false });
    const text = await readFile(file, "utf8");
    await expect(lockContracts(file, [after], { frozen: true })).rejects.toThrow(
      "contracts.lock.json and the contracts do not agree:\n  shop@1: the lock file is out of date.\n" +
        "    To mend it: run `kerf export proto --write-lock` and commit the file.",
    );
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("is refused when it is missing and frozen", async () => {
    await expect(lockContracts(file, [before], { frozen: true })).rejects.toThrow("does not have it");
  });

  it("keeps contracts that a process does not know", async () => {
    const other = contract("other", { version: 1, ask: query({}) }) as unknown as AnyContract;
    await lockContracts(file, [before], { frozen: false });
    await lockContracts(file, [other], { frozen: false });
    expect(Object.keys((await readLock(file)).contracts)).toEqual(["other@1", "shop@1"]);
  });

  it("refuses an incompatible change in development too", async () => {
    await lockContracts(file, [before], { frozen: false });
    await expect(lockContracts(file, [shop({})], { frozen: false })).rejects.toBeInstanceOf(
      ContractLockError,
    );
    const accept = [
      "shop@1:OrderRequest.a",
      "shop@1:OrderRequest.b",
      "shop@1:OrderResponse.limited",
      "shop@1:ask",
    ];
    await lockContracts(file, [shop({})], { frozen: false, accept });
    await lockContracts(file, [shop({})], { frozen: true });
  });

  it("tells of two fields that a merge gave one number", async () => {
    const lock = structuredClone(locked(after)) as ContractLock;
    Object.assign(lock.contracts["shop@1"]?.messages["OrderRequest"]?.fields["c"] ?? {}, { number: 2 });
    await writeLock(file, lock);
    await expect(readLock(file)).rejects.toThrow("shop@1:OrderRequest.c: has the number 2, which a has too.");
  });

  it.each([
    ["<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n", "has an unfinished merge"],
    ["{", "is not JSON"],
    [
      '{"contracts":{"shop@1":{"members":{},"messages":{"A":{"form":"object","fields":{"x":3}}}}}}',
      "A.fields.x",
    ],
  ])("says what is wrong with %j", async (text, problem) => {
    await writeFile(file, text);
    await expect(readLock(file)).rejects.toThrow(problem);
  });

  it("does not depend on the order of declaration of contracts", () => {
    const other = contract("other", { version: 1, ask: query({}) }) as unknown as AnyContract;
    expect(lockText(locked(before, other))).toBe(lockText(locked(other, before)));
  });
});
