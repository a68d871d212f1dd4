import { checkIdentity } from "kerf";
import { expect, test } from "vitest";
import { one, several } from "./providers.ts";

test("the settings of the page are ones that tokens can be checked by", () => {
  expect(checkIdentity(one.gateway.identity!, "here")).toHaveLength(1);
  expect(checkIdentity(several.gateway.identity!, "here").map(({ idPrefix }) => idPrefix)).toEqual([
    undefined,
    "partner:",
  ]);
});
