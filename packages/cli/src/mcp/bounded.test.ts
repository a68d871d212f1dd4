import { expect, test } from "vitest";
import { bounded, MOST } from "./bounded.ts";

test("what is small stays as it is", () => {
  const small = { spans: [1, 2, 3], name: "x" };
  expect(bounded(small)).toEqual(small);
});

test("of the largest list the later half goes, until it fits, and that is said", () => {
  const spans = Array.from({ length: 2_000 }, (_, i) => ({
    span: String(i).padStart(16, "0"),
    name: "a call",
  }));
  const logs = [{ message: "one" }, { message: "two" }];
  const cut = bounded({ spans, logs }) as {
    spans: object[];
    logs: object[];
    leftOut: Record<string, string>;
  };
  expect(JSON.stringify(cut).length).toBeLessThan(MOST + 500);
  expect(cut.spans[0]).toEqual(spans[0]);
  expect(cut.logs).toEqual(logs);
  expect(cut.leftOut).toEqual({
    spans: `The first ${cut.spans.length} of 2000 are here. Ask for less to see all of it.`,
  });
  expect(spans).toHaveLength(2_000);
});

test("a long text is cut", () => {
  const { text } = bounded({ text: "x".repeat(3_000) }) as { text: string };
  expect(text).toBe(`${"x".repeat(2_000)}… (1000 characters more)`);
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`field${i}`, "y".repeat(1_900)]));
  expect(JSON.stringify(bounded(many)).length).toBeLessThan(MOST);
});
