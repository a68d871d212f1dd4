import { contract, query, stream, type AnyContract } from "kerf";
import { expect, test } from "vitest";
import { z } from "zod";
import { fileOf } from "./file-descriptor.ts";
import { emptyLock, protoOf } from "./lock.ts";
import { lockText } from "./lock-text.ts";
import { parseLock } from "./lock-parse.ts";
import { updateLock } from "./lock-update.ts";
import { protoText } from "./proto-text.ts";

const parts = { input: z.object({ place: z.string() }), output: z.object({ level: z.int() }) };
const streamed = contract("tides", { version: 1, level: stream(parts) }) as unknown as AnyContract;
const asked = contract("tides", { version: 1, level: query(parts) }) as unknown as AnyContract;

test("a stream is a server stream in the .proto file and in reflection", () => {
  expect(protoText(protoOf(streamed))).toContain(
    "rpc Level(LevelRequest) returns (stream LevelResponse) {\n    option idempotency_level = NO_SIDE_EFFECTS;",
  );
  expect(fileOf(protoOf(streamed)).methods).toMatchObject([
    { name: "Level", responseStream: true, readOnly: true },
  ]);
  expect(protoText(protoOf(asked))).toContain("returns (LevelResponse)");
  expect(fileOf(protoOf(asked)).methods).toMatchObject([{ responseStream: false }]);
});

test("the lock file knows it, and refuses that a query becomes one, or one a query", () => {
  const lock = updateLock(emptyLock, [streamed]).lock;
  expect(parseLock(lockText(lock))).toMatchObject({ problems: [], lock });
  expect(updateLock(lock, [streamed]).refused).toEqual([]);
  expect(updateLock(lock, [asked]).refused).toMatchObject([
    { place: expect.stringContaining("level") as string, reason: "was a stream and is a query" },
  ]);
  const before = updateLock(emptyLock, [asked]).lock;
  expect(updateLock(before, [streamed]).refused).toMatchObject([{ reason: "was a query and is a stream" }]);
});
