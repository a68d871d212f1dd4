import { expect, test } from "vitest";
import { checkCdn } from "./cdn.ts";

const check = (cdn: unknown) => checkCdn(cdn as never, "app.gateway.cdn");

test("a CDN is told over a way that nobody can read", () => {
  check(undefined);
  check({ purgeUrl: "https://cdn.example/purge" });
  check({ purgeUrl: "http://127.0.0.1:6081/", tokenHeader: "fastly-key" });
  for (const purgeUrl of [
    "http://cdn.example/purge",
    "https://me:secret@cdn.example/",
    "ftp://cdn.example",
    "cdn",
    "",
  ])
    expect(() => check({ purgeUrl })).toThrow(/app\.gateway\.cdn\.purgeUrl.*https/s);
  expect(() => check({})).toThrow(/purgeUrl/);
  expect(() => check({ purgeUrl: "https://cdn.example", token: "s" })).toThrow(/token.*unknown/);
  expect(() => check({ purgeUrl: "https://cdn.example", tokenHeader: "a b" })).toThrow(/header/);
});
