import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { flowsOf, latestSpan, openTelemetry, ratesOf, searchTraces } from "./read.ts";
import { Store } from "./store/store.ts";
import { span } from "./store/testing.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-read-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("it is read beside who writes it, and what came since is told apart", () => {
  const file = join(folder, "telemetry.db");
  const store = new Store({ file });
  const reader = openTelemetry(file);
  try {
    const old = span({ status: 2 });
    store.take([old, span({ name: "other" })]);
    store.flush();
    const before = latestSpan(reader);
    expect(searchTraces(reader, {}).traces).toHaveLength(2);

    const late = span({ traceId: old.traceId, startUs: old.startUs + 9_000, durationUs: 1_000 });
    const fresh = span({ durationUs: 80_000 });
    store.take([late, fresh]);
    store.flush();
    const idsOf = (...args: Parameters<typeof searchTraces> extends [unknown, ...infer R] ? R : never) =>
      searchTraces(reader, ...args).traces.map(({ traceId }) => traceId);
    const [oldId, freshId] = [old, fresh].map(({ traceId }) => Buffer.from(traceId).toString("hex"));
    expect(idsOf({}, { afterSpan: before }).toSorted()).toEqual([oldId, freshId].toSorted());
    expect(idsOf({ service: "orders", minMs: 50 }, { afterSpan: before })).toEqual([freshId]);
    expect(idsOf({ status: "error" }, { afterSpan: before })).toEqual([oldId]);
    expect(idsOf({ service: "orders" }, { traces: [oldId!] })).toEqual([oldId]);
    expect(idsOf({ minMs: 50 }, { traces: [oldId!] })).toEqual([]);
    expect(idsOf({}, { traces: [] })).toEqual([]);

    expect(() => reader.exec("DELETE FROM span")).toThrow("readonly");
    const rates = ratesOf(flowsOf(reader, 60_000), 60_000);
    expect(rates).toMatchObject([
      { kind: "serve", caller: "gateway", callee: "orders", count: 4, errors: 1, local: null },
    ]);
    expect(rates[0]!.p50Ms).toBeCloseTo(5, 0);
    expect(rates[0]!.p99Ms).toBeGreaterThan(70);
  } finally {
    reader.close();
    store.close();
  }
  const after = openTelemetry(file);
  expect(searchTraces(after, {}).traces).toHaveLength(3);
  after.close();
});

test("what is no telemetry is refused, and nothing is made", () => {
  expect(() => openTelemetry(join(folder, "none.db"))).toThrow("there is no");
  writeFileSync(
    join(folder, "text.db"),
    "this is text, and more of it than the header of SQLite is long ".repeat(9),
  );
  expect(() => openTelemetry(join(folder, "text.db"))).toThrow("no file of telemetry");
});
