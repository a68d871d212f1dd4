import { describe, expect, test } from "vitest";
import type { Bearer } from "../authority/index.ts";
import { decodeHeader, encodeHeader } from "../transport/header.ts";
import type { CallHeader } from "../transport/transport.ts";
import { choose, chosenFor, lot } from "./choice.ts";
import { readReleases, type ReleaseEntry } from "./release.ts";

const read = (entry: ReleaseEntry) =>
  readReleases(JSON.stringify({ catalog: entry }), ["catalog", "orders"], "file").get("catalog")!;

const header = (n: number, more: Partial<CallHeader> = {}): CallHeader => ({
  id: undefined,
  deadlineAt: 0,
  caller: undefined,
  actor: undefined,
  via: "gateway",
  traceparent: `00-${n.toString(16).padStart(32, "0")}-0000000000000001-01`,
  retry: false,
  ...more,
});

describe("a release as it is written", () => {
  test("has defaults that are careful", () => {
    expect(read({ to: "catalog-next" })).toEqual({
      service: "catalog",
      to: "catalog-next",
      weight: 0,
      sticky: "actor",
      choose: "nobody",
      mirror: 0,
      back: { errors: 0.05, p95: 2, windowMs: 30_000, atLeast: 50 },
    });
    expect(read({ to: "a:1,b:2", back: false }).back).toBeUndefined();
    expect(read({ to: "next", back: { errors: "0.5%", window: "2m" } }).back).toMatchObject({
      errors: 0.005,
      windowMs: 120_000,
    });
  });

  test.each([
    ["{", "file: is not JSON"],
    ['{"catalg":{"to":"x"}}', 'file.catalg: is no service of the application. Did you mean "catalog"'],
    ['{"catalog":{"to":"x","weight":101}}', "file.catalog.weight: "],
    ['{"catalog":{"to":"x y"}}', "file.catalog.to: is neither a unit nor addresses"],
    ['{"catalog":{"to":"x","wieght":1}}', "file.catalog: "],
    ['{"catalog":{"to":"x","choose":"anybody"}}', "file.catalog.choose: "],
    ['{"catalog":{"to":"x","back":{"errors":5}}}', "file.catalog.back"],
  ])("is refused where it is wrong: %s", (text, problem) => {
    expect(() => readReleases(text, ["catalog", "orders"], "file")).toThrow(problem);
  });
});

describe("the choice", () => {
  test("follows the weight, and is the same each time", () => {
    const release = read({ to: "next", weight: 5 });
    const sides = Array.from({ length: 20_000 }, (_, n) => choose(release, header(n), 5));
    expect(sides.filter((side) => side === "next").length / 20_000).toBeCloseTo(0.05, 2);
    expect(Array.from({ length: 20_000 }, (_, n) => choose(release, header(n), 5))).toEqual(sides);
    expect(choose(release, header(1), 0)).toBe("current");
    expect(choose(release, header(1, { retry: true }), 100)).toBe("current");
    expect(choose(release, header(1), 100)).toBe("next");
  });

  test("who drew the new version keeps it when the weight grows", () => {
    const release = read({ to: "next", weight: 5 });
    const drew = Array.from({ length: 2_000 }, (_, n) => n).filter(
      (n) => choose(release, header(n), 5) === "next",
    );
    expect(drew.length).toBeGreaterThan(50);
    expect(drew.every((n) => choose(release, header(n), 20) === "next")).toBe(true);
  });

  test("is a person's, whatever the request, unless each request draws", () => {
    const actor = { id: "ann", roles: [] };
    const of = (sticky: "actor" | "request") =>
      new Set(
        Array.from({ length: 200 }, (_, n) => choose(read({ to: "next", sticky }), header(n, { actor }), 50)),
      ).size;
    expect([of("actor"), of("request")]).toEqual([1, 2]);
  });

  test("of one service tells nothing of another's", () => {
    const both = Array.from({ length: 4_000 }, (_, n) => [lot(`a\0${n}`) < 0.5, lot(`b\0${n}`) < 0.5]);
    expect(both.filter(([a, b]) => a && b).length / 4_000).toBeCloseTo(0.25, 1);
  });

  test("is one's own only where one may", () => {
    const wish = { wish: "next" };
    const ann = { actor: { id: "ann", roles: ["tester"] } };
    const side = (choosers: string, more: Partial<CallHeader>) =>
      choose(read({ to: "next", choose: choosers }), header(1, more), 0);
    expect(side("nobody", { ...wish, ...ann })).toBe("current");
    expect(side("user", wish)).toBe("current");
    expect(side("user", { ...wish, ...ann })).toBe("next");
    expect(side("role:tester", { ...wish, ...ann })).toBe("next");
    expect(side("role:other", { ...wish, ...ann })).toBe("current");
    expect(side("public", wish)).toBe("next");
    expect(side("public", { wish: "orders=next" })).toBe("current");
    expect(side("public", { wish: "orders=current, catalog=next" })).toBe("next");
    expect(side("public", { wish: "catalog=elsewhere" })).toBe("current");
    expect(choose(read({ to: "next", choose: "public" }), header(1, { wish: "current" }), 100)).toBe(
      "current",
    );
  });

  test("travels as text", () => {
    expect(chosenFor("orders=current,catalog=next", "catalog")).toBe("next");
    expect(chosenFor("catalogue=next", "catalog")).toBeUndefined();
    expect(chosenFor(undefined, "catalog")).toBeUndefined();
  });

  test("is believed of units only", () => {
    const metadata = encodeHeader({ ...header(1), release: "catalog=next" }, "token");
    const carried = (bearer: Bearer | undefined) =>
      decodeHeader((name) => metadata[name], Date.now() + 1_000, bearer);
    expect(carried({ caller: "orders", actor: undefined, via: "call" }).release).toBe("catalog=next");
    expect(carried(undefined).release).toBeUndefined();
  });
});
