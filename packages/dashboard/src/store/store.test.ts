import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readRows } from "../otlp/rows.ts";
import { searchTraces, readTrace } from "../query/traces.ts";
import { flowsOf } from "../query/traffic.ts";
import { exportLines } from "./export.ts";
import { Store, type StoreOptions } from "./store.ts";
import { span } from "./testing.ts";

const folders: string[] = [];
const stores: Store[] = [];

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), "kerf-store-"));
  folders.push(folder);
  return join(folder, "inside/telemetry.db");
}

function open(options: Partial<StoreOptions> = {}): Store {
  const store = new Store({ file: ":memory:", ...options });
  stores.push(store);
  return store;
}

const count = (store: Store): number =>
  (store.database.prepare("SELECT count(*) AS n FROM span").get() as { n: number }).n;

test("what was taken is there after a restart, and not twice", () => {
  const path = file();
  const rows = [span(), span()];
  const first = new Store({ file: path });
  expect(first.take(rows)).toBe(true);
  first.close();
  expect(statSync(path).mode & 0o077).toBe(0);
  const second = open({ file: path });
  expect(second.kept()).toMatchObject({ spans: 2, dropped: 0 });
  expect(searchTraces(second.database, {}).traces).toHaveLength(2);
  second.take([span({ traceId: rows[0]!.traceId, parentId: rows[0]!.spanId })]);
  second.flush();
  const traceId = Buffer.from(rows[0]!.traceId).toString("hex");
  expect(readTrace(second.database, traceId)!.spans).toHaveLength(2);
  expect(flowsOf(second.database, 60_000)[0]).toMatchObject({
    kind: "serve",
    source: "gateway",
    target: "orders",
    count: 3,
  });
});

test("a file that is none of ours, or of another version, is begun anew", () => {
  const path = file();
  new Store({ file: path }).close();
  writeFileSync(path, "this is no database, and longer than a hundred bytes. ".repeat(40));
  const store = open({ file: path });
  store.take([span()]);
  store.flush();
  expect(count(store)).toBe(1);
  store.database.exec("PRAGMA user_version = 999");
  stores.pop();
  store.close();
  expect(count(open({ file: path }))).toBe(0);
});

test("bytes stay within their bound: the oldest go first", () => {
  const path = file();
  const maxBytes = 4 << 20;
  const store = open({ file: path, maxBytes });
  const filler = "x".repeat(500);
  let latest = "";
  for (let i = 0; i < 30; i++) {
    const rows = Array.from({ length: 1_000 }, () => span({ attributes: { filler } }));
    latest = Buffer.from(rows.at(-1)!.traceId).toString("hex");
    store.take(rows);
    store.flush();
    while (store.trim());
  }
  store.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  expect(statSync(path).size).toBeLessThan(maxBytes * 1.3);
  expect(count(store)).toBeGreaterThan(1_000);
  expect(count(store)).toBeLessThan(10_000);
  expect(readTrace(store.database, latest)).toBeDefined();
  const oldest = store.database.prepare("SELECT min(id) AS id FROM span").get() as { id: number };
  expect(oldest.id).toBeGreaterThan(20_000);
  expect(store.kept().spans).toBe(count(store));
});

test("what is too old goes, with its traces and flows", () => {
  const store = open({ maxAgeMs: 60_000 });
  const old = (Date.now() - 7_200_000) * 1_000;
  store.take([...Array.from({ length: 3_000 }, () => span({ startUs: old })), span()]);
  store.flush();
  while (store.trim());
  expect(count(store)).toBe(1);
  expect(searchTraces(store.database, {}).traces).toHaveLength(1);
  expect(flowsOf(store.database, 86_400_000)).toHaveLength(1);
});

test("more than may wait is refused and counted, and nothing of it is half taken", () => {
  const store = open({ maxWaiting: 10 });
  const rows = Array.from({ length: 8 }, () => span());
  expect(store.take(rows)).toBe(true);
  expect(store.take(rows)).toBe(false);
  store.flush();
  expect(count(store)).toBe(8);
  expect(store.kept().dropped).toBe(8);
  expect(store.take(rows)).toBe(true);
});

test("one attribute without end fills nothing", () => {
  const store = open();
  store.take([span({ attributes: { much: "x".repeat(1 << 20) } })]);
  store.flush();
  const { length } = store.database.prepare("SELECT length(attributes) AS length FROM span").get() as {
    length: number;
  };
  expect(length).toBeLessThan(200);
});

test("what is exported can be received again, and is the same", () => {
  const store = open();
  const cause = span();
  store.take([
    cause,
    span({
      status: 2,
      statusMessage: "declined",
      durationUs: 1_234,
      attributes: { a: "b", n: 5, x: 0.5, yes: true, list: ["a", 1], deep: { in: null } },
      events: [{ name: "retried", at: Date.now(), attributes: { attempt: 1 } }],
      links: [{ traceId: cause.traceId, spanId: cause.spanId, attributes: {} }],
    }),
    {
      kind: "log",
      sender: cause.sender,
      atUs: Date.now() * 1_000,
      severity: 13,
      message: "hm",
      traceId: cause.traceId,
      spanId: null,
      attributes: { k: "v" },
    },
  ]);
  store.flush();
  const other = open();
  for (const line of exportLines(store.database)) {
    const request = JSON.parse(line) as object;
    const read = readRows("resourceSpans" in request ? "traces" : "logs", request);
    expect(read.rejected).toBe(0);
    other.take(read.rows);
  }
  other.flush();
  for (const table of ["span", "log", "trace", "link"]) {
    const all = (of: Store) =>
      of.database
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .map((row) => ({ ...row, service: "", unit: "" }));
    expect(all(other)).toEqual(all(store));
    expect(all(other)).not.toEqual([]);
  }
});

test("a batch that cannot be written is lost and said, and the next is written", () => {
  const errors: unknown[] = [];
  const store = open({ onError: (error) => errors.push(error) });
  store.database.exec("ALTER TABLE span RENAME TO away");
  store.take([span(), span()]);
  store.flush();
  expect(errors).toHaveLength(1);
  expect(store.kept.bind(store)).toThrow();
  store.database.exec("ALTER TABLE away RENAME TO span");
  store.take([span()]);
  store.flush();
  expect(store.kept()).toMatchObject({ spans: 1, dropped: 2 });
});
