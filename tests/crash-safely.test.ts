import { crashSafely, CrashUnsafeError } from "@kerf/testing";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import app from "./crash-safely/app.ts";
import { stamps } from "./crash-safely/stamps.ts";

const config = new URL("./crash-safely/app.ts", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "kerf-stamps-"));
const file = join(folder, "stamps");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const begin = { id: "s1" };
const settings = { KERF_STAMPS_FILE: file };

test("a saga whose effects are in its transactions survives", { timeout: 240_000 }, async () => {
  const report = await crashSafely(app, {
    config,
    settings,
    points: ["transaction.commit.before", "transaction.commit.sent", "saga.step.called", "saga.step.after"],
    hits: 2,
    run: (box) => box.call(stamps.begin, begin, { id: "begin" }),
    check: async (box) => expect(await box.call(stamps.count, {})).toEqual({ inside: 3 }),
  });
  expect(report.survived.length).toBeGreaterThanOrEqual(7);
});

test("an effect outside of the transaction is caught, with its place", { timeout: 120_000 }, async () => {
  // One at a time: they share the file.
  const caught = await crashSafely(app, {
    config,
    settings,
    atOnce: 1,
    points: ["transaction.commit.before", "handle.before"],
    run: async (box) => {
      writeFileSync(file, "");
      await box.call(stamps.begin, begin, { id: "begin" });
    },
    check: async () => expect(readFileSync(file, "utf8")).toBe("s1\n"),
  }).catch((error: unknown) => error);
  expect(caught).toBeInstanceOf(CrashUnsafeError);
  const { failures, message } = caught as CrashUnsafeError;
  expect(failures.map(({ crash }) => [crash.unit, crash.point, crash.nth])).toEqual([
    ["all", "transaction.commit.before", 3],
  ]);
  expect(message).toContain(
    "1 of 3 crashes broke it:\n  transaction.commit.before, time 3, in the unit all: ",
  );
});

test("what fails without a crash is told as it is", { timeout: 60_000 }, async () => {
  const failing = crashSafely(app, {
    config,
    settings,
    run: (box) => box.call(stamps.begin, begin, { id: "begin" }),
    check: () => Promise.reject(new Error("the check itself is wrong")),
  });
  await expect(failing).rejects.toThrow("the check itself is wrong");
});
