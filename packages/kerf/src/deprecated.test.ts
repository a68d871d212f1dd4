import { expect, test } from "vitest";
import { z } from "zod";
import { command, contract, describe, event, query } from "./index.ts";

test("a contract that is to go says it of its queries and commands; a member may say otherwise", () => {
  const old = contract("catalog", {
    version: 1,
    deprecated: { since: "2026-09-01", sunset: "2027-03-01T12:00:00Z", link: "https://example.org/move" },
    product: query({ output: z.object({}) }),
    add: command({ deprecated: { since: "2026-01-01" } }),
    added: event({ data: z.object({ sku: z.string() }), key: "sku" }),
  });
  expect(old.product.deprecated).toEqual({
    sinceAt: Date.UTC(2026, 8, 1),
    sunsetAt: Date.UTC(2027, 2, 1, 12),
    link: "https://example.org/move",
    ends: false,
  });
  expect(old.add.deprecated).toMatchObject({ sinceAt: Date.UTC(2026, 0, 1), sunsetAt: undefined });
  expect([...describe(old as never).members.keys()]).toEqual(["product", "add", "added"]);
});

test.each([
  [{ since: "soon" }, '.since: "soon" is no date'],
  [{ since: "2026-13-01" }, '.since: "2026-13-01" is no date'],
  [{ since: "2026-09-01", sunset: "2026-09-01" }, ".sunset: 2026-09-01 is not after 2026-09-01"],
  [{ since: "2026-09-01", afterSunset: "gone" as const }, ".afterSunset: there is no sunset"],
  [{ since: "2026-09-01", sunset: "2027-01-01", afterSunset: "explode" as never }, '.afterSunset: "explode"'],
  [{ since: "2026-09-01", link: 'https://a.example/">; rel="next"' }, ".link: "],
])("what cannot be meant is refused: %j", (deprecated, problem) => {
  expect(() => query({ deprecated })).toThrow(problem);
  expect(() => contract("catalog", { version: 1, deprecated, product: query({}) })).toThrow(problem);
});
