import { describe, expect, test } from "vitest";
import { decodeHeader, encodeHeader } from "./header.ts";
import type { CallHeader } from "./transport.ts";

const header: CallHeader = {
  id: undefined,
  deadlineAt: 0,
  caller: "orders",
  actor: undefined,
  via: "call",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  retry: false,
};
const unit = { caller: "orders", actor: undefined, via: "call" } as const;

describe("baggage", () => {
  const carried = (baggage: string, bearer: typeof unit | undefined) => {
    const metadata = encodeHeader({ ...header, baggage }, "token");
    return decodeHeader((name) => metadata[name] as string | undefined, 0, bearer).baggage;
  };

  test("is carried between units of an application, and not taken over from anybody else", () => {
    expect(carried("tenant=blue", unit)).toBe("tenant=blue");
    expect(carried("tenant=blue", undefined)).toBeUndefined();
  });

  test("is left behind where it is longer than it may be, or is none", () => {
    expect(carried(`a=${"x".repeat(8_190)}`, unit)).toHaveLength(8_192);
    expect(carried(`a=${"x".repeat(8_191)}`, unit)).toBeUndefined();
    expect(carried("a=\u00e9", unit)).toBeUndefined();
  });
});
