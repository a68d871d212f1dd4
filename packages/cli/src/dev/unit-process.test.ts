import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepUnit, type UnitEvent, type UnitProcess, type UnitProcessOptions } from "./unit-process.ts";

const program = fileURLToPath(new URL("../../test/fixture/unit-program.ts", import.meta.url));
let folder: string;
let unit: UnitProcess | undefined;
let events: UnitEvent[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kerf-unit-"));
  events = [];
});

afterEach(async () => {
  await unit?.stop(100);
  rmSync(folder, { recursive: true });
});

function keep(instruction: object, options: Partial<UnitProcessOptions> = {}): UnitProcess {
  instruct(instruction);
  unit = keepUnit({
    spawn: () =>
      spawn(process.execPath, [program, join(folder, "instruction.json")], {
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      }),
    tell: (event) => events.push(event),
    backoffMs: { first: 20, most: 80 },
    ...options,
  });
  return unit;
}

function instruct(instruction: object): void {
  writeFileSync(join(folder, "instruction.json"), JSON.stringify(instruction));
}

const of = (kind: UnitEvent["kind"]) => events.filter((event) => event.kind === kind);
const until = async (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

test("a unit that dies is started again, later each time, and it is told how it died and what it last wrote", async () => {
  keep({ say: "about to fall", crash: { afterMs: 0, code: 3, before: "never" } });
  await until(() => expect(of("died").length).toBeGreaterThanOrEqual(4));
  expect(of("died").slice(0, 4)).toEqual(
    [20, 40, 80, 80].map((againMs) => ({
      kind: "died",
      how: "ended with exit code 3",
      lastLines: ["about to fall"],
      againMs,
    })),
  );
});

test("a unit that lived long enough begins again with the first pause", async () => {
  keep({ crash: { afterMs: 60, code: 1, before: "never" } }, { steadyMs: 50 });
  await until(() => expect(of("died").length).toBeGreaterThanOrEqual(3));
  expect(of("died").every((event) => event.kind === "died" && event.againMs === 20)).toBe(true);
});

test("a unit that was killed from outside is started again", async () => {
  const kept = keep({});
  await until(() => expect(kept.kind).toBe("ready"));
  process.kill(kept.pid!, "SIGKILL");
  await until(() => expect(of("ready")).toHaveLength(2));
  expect(of("died")).toMatchObject([{ how: "was ended by SIGKILL" }]);
  expect(of("ready")).toMatchObject([{ first: true }, { first: false }]);
});

test("a failure to start that may pass is tried again, and told apart when it is the same", async () => {
  keep({ fail: { message: "the database is away", lasting: false } });
  await until(() => expect(of("failed").length).toBeGreaterThanOrEqual(2));
  expect(of("failed").slice(0, 2)).toEqual([
    { kind: "failed", message: "the database is away", repeated: false, againMs: 20 },
    { kind: "failed", message: "the database is away", repeated: true, againMs: 40 },
  ]);
  instruct({});
  await until(() => expect(of("ready")).toHaveLength(1));
});

test("a failure that lasts waits for a restart", async () => {
  const kept = keep({ fail: { message: "no such handler", lasting: true } });
  await until(() => expect(kept.kind).toBe("broken"));
  expect(of("failed")).toMatchObject([{ againMs: undefined }]);
  instruct({});
  kept.restart(100);
  await until(() => expect(kept.kind).toBe("ready"));
});

test("a restart ends the old process before the new one starts", async () => {
  const kept = keep({});
  await until(() => expect(kept.kind).toBe("ready"));
  const old = kept.pid!;
  kept.restart(1_000);
  await until(() => expect(of("ready")).toHaveLength(2));
  expect(kept.pid).not.toBe(old);
  expect(() => process.kill(old, 0)).toThrow("ESRCH");
  expect(of("died")).toHaveLength(0);
});

test("the next process loads while the old one ends, and begins when that is gone", async () => {
  const kept = keep({ deaf: true });
  await until(() => expect(kept.kind).toBe("ready"));
  const old = kept.pid!;
  instruct({ say: "loaded" });
  kept.restart(300);
  await until(() => expect(of("line")).toHaveLength(1));
  expect(() => process.kill(old, 0)).not.toThrow();
  expect(of("ready")).toHaveLength(1);
  await until(() => expect(of("ready")).toHaveLength(2));
  expect(() => process.kill(old, 0)).toThrow("ESRCH");
});

test("a change during a restart replaces the process that has loaded older code", async () => {
  const kept = keep({ deaf: true });
  await until(() => expect(kept.kind).toBe("ready"));
  kept.restart(300);
  instruct({ say: "newest" });
  kept.restart(300);
  await until(() => expect(of("ready")).toHaveLength(2));
  expect(of("line")).toMatchObject([{ line: "newest" }]);
  expect(of("died")).toHaveLength(0);
});

test("a next process that cannot load says so, and waits for another change", async () => {
  const kept = keep({});
  await until(() => expect(kept.kind).toBe("ready"));
  instruct({ fail: { message: "a bracket is missing", lasting: true } });
  kept.restart(1_000);
  await until(() => expect(of("failed")).toMatchObject([{ message: "a bracket is missing" }]));
  expect(kept.kind).toBe("broken");
});

test("an end during a restart leaves neither process", async () => {
  const kept = keep({ deaf: true });
  await until(() => expect(kept.kind).toBe("ready"));
  instruct({ say: "loaded" });
  kept.restart(300);
  await until(() => expect(of("line")).toHaveLength(1));
  await kept.stop(300);
  expect(kept.kind).toBe("ended");
  expect(of("ready")).toHaveLength(1);
});

test("a unit that does not end in time is killed, and that is said", async () => {
  const kept = keep({ deaf: true });
  await until(() => expect(kept.kind).toBe("ready"));
  const { pid } = kept;
  await kept.stop(50);
  expect(of("killed")).toHaveLength(1);
  expect(() => process.kill(pid!, 0)).toThrow("ESRCH");
});

test("stopping while it waits to be started again ends it for good", async () => {
  const kept = keep(
    { crash: { afterMs: 0, code: 1, before: "never" } },
    { backoffMs: { first: 50, most: 50 } },
  );
  await until(() => expect(kept.kind).toBe("waiting"));
  await kept.stop(100);
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(kept.kind).toBe("ended");
  expect(of("died")).toHaveLength(1);
});

test("a unit that is told to retire finishes and stays, serving nobody, until it is restarted", async () => {
  const serving: (boolean | "retired")[] = [];
  const kept = keep(
    {},
    {
      onServing: (child) => serving.push(child !== undefined),
      onRetired: () => serving.push("retired"),
    },
  );
  expect(kept.retire(1_000)).toBe(false);
  await until(() => expect(kept.kind).toBe("ready"));
  const { pid } = kept;
  expect(kept.retire(1_000)).toBe(true);
  expect([kept.kind, serving]).toEqual(["draining", [true, "retired"]]);
  await until(() => expect(kept.kind).toBe("drained"));
  expect(of("drained")).toHaveLength(1);
  expect([kept.pid, kept.retire(1_000)]).toEqual([pid, true]);
  kept.restart(1_000);
  await until(() => expect(kept.kind).toBe("ready"));
  expect(kept.pid).not.toBe(pid);
  expect(of("died")).toEqual([]);
});

test("a unit that dies while it is drained is started again, as any", async () => {
  const kept = keep({});
  await until(() => expect(kept.kind).toBe("ready"));
  kept.retire(1_000);
  await until(() => expect(kept.kind).toBe("drained"));
  kept.kill();
  await until(() => expect([of("died").length, kept.kind]).toEqual([1, "ready"]));
});
