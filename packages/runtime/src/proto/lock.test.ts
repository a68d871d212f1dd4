import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyContract, command, contract, event, query, type Schema } from "kerf";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { codec } from "./codec.ts";
import { type ContractLock, emptyLock, protoOf } from "./lock.ts";
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
      "a new enum value",
      { output: object({ a: z.enum(["x"]) }) },
      { output: object({ a: z.enum(["x", "y"]) }) },
    ],
    ["a new declared error", {}, { errors: { Late: object({}) } }],
    ["a new check", { input: object({ a: z.string() }) }, { input: object({ a: z.email() }) }],
  ])("%s", (_, before, after) => {
    expect(refusals(before, after)).toEqual([]);
    const lock = updateLock(locked(shop(before)), [shop(after)]).lock;
    expect(checkLock(lock, [shop(after)])).toEqual([]);
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

  const before = shop({ input: z.object({ b: z.enum(["y", "x"]), a: z.int().optional() }) });
  const after = shop({
    input: z.object({ b: z.enum(["y", "x"]), a: z.int().optional(), c: z.int().optional() }),
  });

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
    const accept = ["shop@1:OrderRequest.a", "shop@1:OrderRequest.b"];
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
