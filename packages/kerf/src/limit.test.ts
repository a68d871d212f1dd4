import { describe, expect, expectTypeOf, it } from "vitest";
import { app, command, contract, DeclarationError, query, readLimit, type Limit } from "./index.ts";

const refusals: readonly [string, unknown, RegExp][] = [
  ["no text", { rate: 10 }, /is no limit.*"600\/m"/],
  ["a word", "off", /is no limit.*"none"/],
  ["no time", { rate: "10" }, /rate: "10" is not a rate/],
  ["none at all", { rate: "0/s" }, /"0\/s" is not a rate/],
  ["less than a second", { rate: "10/500ms" }, /whole number of seconds/],
  ["half seconds", { rate: "10/1500ms" }, /whole number of seconds/],
  ["more than a day", { rate: "10/2d" }, /up to a day/],
  ["another field", { rate: "10/s", brust: "20/s" }, /"brust"/],
  ["a burst in a longer time", { rate: "10/s", burst: "20/m" }, /burst: /],
  ["a burst of more than the rate", { rate: "10/m", burst: "20/s" }, /burst: /],
  ["a burst that is the average", { rate: "60/m", burst: "1/s" }, /on average/],
];

describe("a limit", () => {
  it("is read as requests in seconds", () => {
    expect(readLimit({ rate: "600/m", burst: "50/s" }, "here")).toEqual({
      rate: { count: 600, seconds: 60 },
      burst: { count: 50, seconds: 1 },
    });
    expect(readLimit({ rate: "100/30s" }, "here")).toEqual({ rate: { count: 100, seconds: 30 } });
    expect(readLimit({ rate: "5/1d" }, "here")?.rate.seconds).toBe(86_400);
    expect(readLimit({ rate: "5/2000ms" }, "here")?.rate.seconds).toBe(2);
    expect(readLimit("none", "here")).toBeUndefined();
  });

  it.each(refusals)("is refused where it is declared: %s", (_name, limit, message) => {
    const http = { http: "GET /stock", access: "public" } as const;
    const declare = () =>
      contract("inventory", { version: 1, stock: query({ ...http, limit: limit as Limit }) });
    expect(declare).toThrow(DeclarationError);
    expect(declare).toThrow(message);
    expect(declare).toThrow('contract("inventory").stock.limit');
    const settle = () =>
      app("shop", {
        services: { stock: async () => ({ default: undefined as never }) },
        topologies: { one: { all: "*" } },
        gateway: { limits: { strangers: limit as Limit } },
      });
    expect(settle).toThrow(message);
    expect(settle).toThrow('app("shop").gateway.limits.strangers');
  });

  it("needs a route to be counted at", () => {
    expect(() => contract("inventory", { version: 1, stock: query({ limit: { rate: "1/s" } }) })).toThrow(
      /has a limit but no http/,
    );
  });

  it("is of a form that the compiler knows", () => {
    const access = "public" as const;
    // @ts-expect-error -- no time
    command({ http: "POST /a", access, limit: { rate: "10" } });
    // @ts-expect-error -- no such unit
    command({ http: "POST /a", access, limit: { rate: "10/week" } });
    expectTypeOf<{ rate: "10/s" }>().toExtend<Limit>();
    expectTypeOf<{ rate: "10/30s"; burst: "5/s" }>().toExtend<Limit>();
  });
});
