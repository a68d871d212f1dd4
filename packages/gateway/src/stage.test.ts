import { expect, test } from "vitest";
import type { Exchange } from "./exchange.ts";
import { guarded, inOrder, type Stage } from "./stage.ts";

const exchange = {} as Exchange;

test("stages run in their order, each as far as the one before it lets it, and the last step at the end", () => {
  const seen: string[] = [];
  const stage =
    (name: string, lets = true): Stage =>
    (next) =>
    (each) => {
      seen.push(name);
      if (lets) next(each);
    };
  inOrder([stage("who"), stage("how often")], () => seen.push("answer"))(exchange);
  inOrder([stage("who", false), stage("how often")], () => seen.push("answer"))(exchange);
  expect(seen).toEqual(["who", "how often", "answer", "who"]);
});

test("what a step throws is a problem of the inside, and nothing of it is told", () => {
  const refused: unknown[] = [];
  const step = guarded(
    () => {
      throw new TypeError("10.0.0.7 is no string");
    },
    (_exchange, { status, detail }) => refused.push([status, detail]),
  );
  step(exchange);
  expect(refused).toEqual([[500, expect.not.stringContaining("10.0.0.7")]]);
});
