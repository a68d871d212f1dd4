import { describe, expect, it } from "vitest";
import { parseIdempotencyKey } from "./idempotency.ts";

describe("an Idempotency-Key", () => {
  it("is bare or a structured-field string", () => {
    expect(parseIdempotencyKey("8e03978e-40d5")).toBe("8e03978e-40d5");
    expect(parseIdempotencyKey('"8e03978e-40d5"')).toBe("8e03978e-40d5");
    expect(parseIdempotencyKey('"a\\"b\\\\c"')).toBe('a"b\\c');
  });

  it("has 1 to 255 visible ASCII characters", () => {
    expect(parseIdempotencyKey("x".repeat(255))).toHaveLength(255);
    for (const wrong of [
      "",
      '""',
      "x".repeat(256),
      "a b",
      '"a b"',
      "é",
      "a\tb",
      '"open',
      '"a"b"',
      '"a\\n"',
    ]) {
      expect([wrong, parseIdempotencyKey(wrong)]).toEqual([wrong, undefined]);
    }
  });
});
