import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { kerf } from "./kerf-process.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "keys.json");
const run = (...argv: string[]) => kerf(["api-keys", ...argv, "--file", file], folder);

test("a key is made and shown once, listed without itself, and revoked", async () => {
  const made = await run(
    "create",
    "--actor",
    "importer",
    "--role",
    "staff",
    "--role",
    "clerk",
    "--expires",
    "90d",
  );
  expect(made).toMatchObject({ code: 0, err: expect.stringContaining("the only time") as string });
  const key = made.out.trim();
  expect(key).toMatch(/^kerf_[\da-f]{16}_[\w-]{43}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).not.toContain(key.slice(22));

  const id = key.slice(5, 21);
  const listed = await run("list", "--json");
  expect(JSON.parse(listed.out)).toMatchObject({
    keys: [{ id, actor: "importer", roles: ["staff", "clerk"], state: "valid" }],
  });
  expect(listed.out).not.toContain("sha256");

  expect(await run("revoke", id)).toMatchObject({ code: 0, out: `${id} is revoked.\n` });
  expect((await run()).out).toContain("revoked");
  expect(await run("revoke", id)).toMatchObject({
    code: 1,
    err: expect.stringContaining("has been revoked") as string,
  });
});

test.each([
  [["create"], "--actor ID: say whom"],
  [["create", "--actor", "a", "--role", "two words"], "a role is one word"],
  [["revoke"], "revoke ID: say which"],
  [["list", "x"], 'does not take "x"'],
])("kerf api-keys %j is wrong usage", async (argv, message) => {
  expect(await run(...argv)).toMatchObject({ code: 2, err: expect.stringContaining(message) as string });
});
