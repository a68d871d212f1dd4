import { expect, test } from "vitest";
import { hashPassword, isPassword } from "./passwords.ts";

test("a password is known by its hash only, however it is composed", async () => {
  const hash = await hashPassword("caf\u00e9");
  expect(hash).toMatch(/^scrypt\$131072\$8\$1\$/);
  expect(await isPassword("cafe\u0301", hash)).toBe(true);
  expect(await isPassword("cafe", hash)).toBe(false);
  expect(await hashPassword("caf\u00e9")).not.toBe(hash);
  expect(await isPassword("", "no hash")).toBe(false);
});
