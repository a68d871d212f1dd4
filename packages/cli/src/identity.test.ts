import { expect, test } from "vitest";
import { identitySettings, readIdentity } from "./identity.ts";

const declared = {
  issuer: "https://id.example",
  audience: "shop",
  roles: { claim: "groups" },
};
const settings = (
  given: Record<string, string>,
  [of]: readonly [Parameters<typeof identitySettings>[1]] = [declared],
) => identitySettings("shop", of, readIdentity(given));
const nothing = [undefined] as const;

test("what the application declares stands where the machine says nothing", () => {
  expect(settings({})).toBe(declared);
  expect(settings({}, nothing)).toBeUndefined();
  expect(settings({ KERF_OIDC_ISSUER: "", KERF_OIDC_AUDIENCE: "" })).toBe(declared);
});

test("the machine stands in for it, field by field, and needs no declaration", () => {
  expect(settings({ KERF_OIDC_ISSUER: "https://test.example" })).toEqual({
    ...declared,
    issuer: "https://test.example",
  });
  expect(settings({ KERF_OIDC_AUDIENCE: "test" })).toEqual({ ...declared, audience: "test" });
  const both = { KERF_OIDC_ISSUER: "https://test.example", KERF_OIDC_AUDIENCE: "test" };
  expect(settings(both, nothing)).toEqual({ issuer: "https://test.example", audience: "test" });
});

test("half of it is refused, and so is one for several", () => {
  expect(() => settings({ KERF_OIDC_ISSUER: "https://x.example" }, nothing)).toThrow(
    "Set KERF_OIDC_AUDIENCE",
  );
  expect(() => settings({ KERF_OIDC_AUDIENCE: "x" }, nothing)).toThrow("Set KERF_OIDC_ISSUER");
  const several = [declared, { ...declared, issuer: "https://b.example", idPrefix: "b:" }];
  expect(() => settings({ KERF_OIDC_ISSUER: "https://x.example" }, [several])).toThrow("declares several");
});

test("the provider of development is believed in development only", () => {
  const given = { KERF_DEVELOPMENT_ISSUER: "http://127.0.0.1:5000" };
  expect(settings(given)).toBe(declared);
  expect(settings({ ...given, KERF_IDENTITY: "development" })).toEqual({
    issuer: "http://127.0.0.1:5000",
    audience: "shop",
  });
});
