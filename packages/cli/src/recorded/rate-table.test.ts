import type { Rate } from "@kerf/dashboard/read";
import { expect, test } from "vitest";
import { standardOutput } from "../output.ts";
import { rateTable } from "./rate-table.ts";

const output = {
  ...standardOutput({ json: false }),
  colour: false,
  paint: (_: unknown, text: string) => text,
};

const edge = (more: Partial<Rate>): Rate => ({
  kind: "call",
  caller: "storefront",
  callee: "recommendations",
  member: "recommendations@1.alsoBought",
  local: false,
  count: 12_345,
  errors: 123,
  refused: 1_234,
  perSecond: 41.2,
  p50Ms: 4.2,
  p95Ms: 120,
  p99Ms: 1_250,
  ...more,
});
const rates = [
  edge({}),
  edge({ member: "recommendations@1.alsoViewed", errors: 0 }),
  edge({ kind: "query", caller: "inventory", callee: "postgresql", member: "SELECT", refused: 0 }),
];

test("a wide terminal, or a pipe, has all columns and whole names", () => {
  for (const width of [200, undefined]) {
    const [head, first, ...rest] = rateTable("edge", rates, output, width);
    expect(head!.split(/ {2,}/)).toEqual([
      "from",
      "to",
      "what",
      "where",
      "count",
      "rate",
      "errors",
      "refused",
      "p50",
      "p95",
      "p99",
    ]);
    expect(first).toBe(
      "storefront  recommendations  recommendations@1.alsoBought  remote    12345  41/s  123 (1 %)  1234 (10 %)  4.2 ms  120 ms  1.25 s",
    );
    expect(rest).toHaveLength(2);
  }
});

test("80 columns have names that are shortened, what matters most, and what is left out", () => {
  expect(rateTable("edge", rates, output, 80)).toEqual([
    "from       to         what                  rate  errors     refused      p95",
    "stor…ront  reco…ions  recommend…alsoBought  41/s  123 (1 %)  1234 (10 %)  120 ms",
    "stor…ront  reco…ions  recommend…alsoViewed  41/s  -          1234 (10 %)  120 ms",
    "inventory  post…esql  SELECT                41/s  123 (1 %)  -            120 ms",
    "Left out: p50, p99, where, count; --json has all.",
  ]);
});

test("60 columns have it too", () => {
  expect(rateTable("edge", rates, output, 60)).toEqual([
    "from      to        what             rate  errors     p95",
    "sto…ront  rec…ions  recomme…oBought  41/s  123 (1 %)  120 ms",
    "sto…ront  rec…ions  recomme…oViewed  41/s  -          120 ms",
    "inv…tory  pos…esql  SELECT           41/s  123 (1 %)  120 ms",
    "Left out: p50, p99, where, count, refused; --json has all.",
  ]);
});

test.each(["edge", "member"] as const)(
  "no line of %s ends before its last column, from 50 characters on",
  (view) => {
    for (let width = 50; width < 150; width++) {
      const lines = rateTable(view, rates, output, width);
      for (const line of lines.slice(0, 4)) expect(line.length).toBeLessThanOrEqual(width);
      expect(lines[0]).toMatch(/rate +errors/);
      expect(lines[0]).toMatch(/p9[59]$/);
      for (const line of lines.slice(1, 4)) expect(line).toMatch(/m?s$/);
    }
  },
);
