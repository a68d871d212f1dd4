import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { armCrashpoint, reached } from "./crashpoint.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-crashpoint-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A process that comes to the points in this order, and says so of each that it survived. */
function pass(points: readonly string[], environment: Record<string, string>) {
  const code = `
    const { armCrashpoint, crashpoint, crashAround } = await import(${JSON.stringify(new URL("./crashpoint.ts", import.meta.url).href)});
    armCrashpoint(process.env);
    for (const point of ${JSON.stringify(points)}) { crashpoint(point); console.log(point); }
    await crashAround("publish", async () => console.log("publishing"));
    console.log("end");`;
  const { NODE_ENV: _, ...inherited } = process.env;
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    env: { ...inherited, ...environment },
    encoding: "utf8",
  });
  return { signal: ended.signal, said: ended.stdout.split("\n").slice(0, -1) };
}

test("a process that is told nothing passes every point", () => {
  expect(pass(["handle.before"], {})).toEqual({
    signal: null,
    said: ["handle.before", "publishing", "end"],
  });
});

test("it dies at the nth time, leaves a mark, and does not die there again", () => {
  const mark = join(folder, "mark");
  const told = { KERF_CRASHPOINT: "handle.before:2,publish.after", KERF_CRASHPOINT_MARK: mark };
  const points = ["handle.before", "receive.before", "handle.before"];
  expect(pass(points, told)).toEqual({ signal: "SIGKILL", said: points.slice(0, 2) });
  expect(reached(mark)).toEqual([
    { point: "handle.before", at: expect.any(Number), pid: expect.any(Number) },
  ]);
  expect(pass(points, told)).toEqual({ signal: "SIGKILL", said: [...points, "publishing"] });
  expect(reached(mark).map(({ point }) => point)).toEqual(["handle.before", "publish.after"]);
  expect(pass(points, told)).toEqual({ signal: null, said: [...points, "publishing", "end"] });
});

test("it leaves a trail of the points that it passed", () => {
  const trail = join(folder, "trail");
  pass(["receive.before"], { KERF_CRASHPOINT_TRAIL: trail });
  expect(reached(trail).map(({ point }) => point)).toEqual([
    "receive.before",
    "publish.before",
    "publish.after",
  ]);
});

test("production refuses it, and so does a name that there is not", () => {
  const mark = { KERF_CRASHPOINT_MARK: join(folder, "none") };
  const told = { KERF_CRASHPOINT: "handle.before", ...mark };
  expect(() => armCrashpoint({ ...told, NODE_ENV: "production" })).toThrow(
    "KERF_CRASHPOINT: is set in production. It makes this process kill itself",
  );
  expect(() => armCrashpoint({ KERF_CRASHPOINT_TRAIL: "x", NODE_ENV: "production" })).toThrow(
    "in production",
  );
  expect(() => armCrashpoint({ KERF_CRASHPOINT: "handle.befor", ...mark })).toThrow(
    'KERF_CRASHPOINT: has "handle.befor", which is no crash point. Give name or name:nth; the names are transaction.begin.before,',
  );
  expect(() => armCrashpoint({ KERF_CRASHPOINT: "handle.before:0", ...mark })).toThrow("handle.before:0");
  expect(() => armCrashpoint({ KERF_CRASHPOINT: "handle.before" })).toThrow("KERF_CRASHPOINT_MARK");
});
