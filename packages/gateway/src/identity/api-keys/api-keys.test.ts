import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "@kerf/runtime/log";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startInventory } from "../../../test/inventory.ts";
import { openIdentity } from "../open.ts";
import { newApiKey, type NewApiKey } from "./api-key.ts";
import { apiKeyIdentity } from "./identity.ts";
import { changeKeyFile, readKeyFile } from "./key-file.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-api-keys-"));
const file = join(folder, "keys.json");
afterAll(() => rmSync(folder, { recursive: true }));

let time = Date.now();
const now = (): number => time;
const lines: string[] = [];
const log = createLog({
  unit: "edge",
  level: "trace",
  destination: { write: (line) => void lines.push(line) },
});

beforeEach(() => {
  rmSync(file, { force: true });
  rmSync(`${file}.next`, { force: true });
  lines.length = 0;
});

/** Makes a key as the command does, and gives what is shown once. */
function create(given: Partial<NewApiKey> = {}): string {
  const { key, record } = newApiKey({ actor: "robot", roles: ["clerk"], ...given });
  changeKeyFile(file, (keys) => [...keys, record], { create: true });
  return key;
}
const open = () => apiKeyIdentity({ file, log, now });
const later = (ms: number): void => void (time += ms);

describe("an API key", () => {
  test("stands for whom it was made for, with their roles", () => {
    const key = create();
    expect(open()(key)).toEqual({ id: "robot", roles: ["clerk"] });
  });

  test("is nowhere but with who has it", () => {
    const key = create();
    const [, id, secret] = /^kerf_([\da-f]{16})_(.{43})$/.exec(key)!;
    const kept = readFileSync(file, "utf8");
    expect(kept).toContain(id);
    expect(kept).not.toContain(secret);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(create()).not.toBe(key);
  });

  test.each<[string, (key: string) => string]>([
    ["nothing", () => ""],
    ["another secret", (key) => `${key.slice(0, -3)}${key.endsWith("AAA") ? "BBB" : "AAA"}`],
    ["another id", (key) => `kerf_${"0".repeat(16)}_${key.slice(22)}`],
    ["the id alone", (key) => key.slice(0, 21)],
    ["more behind it", (key) => `${key}x`],
    ["what every object has", () => "constructor"],
    ["its own hash", () => readKeyFile(file).keys[0]!.sha256],
    ["a list", (key) => `${key}, ${key}`],
  ])("with %s is not valid", (_what, change) => {
    const key = create();
    expect(() => open()(change(key))).toThrow("The API key is not valid.");
  });

  test("ends when it was said to", () => {
    const key = create({ expiresAt: new Date(time + 60_000).toISOString() });
    const identify = open();
    expect(identify(key).id).toBe("robot");
    later(60_000);
    expect(() => identify(key)).toThrow("has expired or was revoked");
  });

  test("that is revoked is refused within 2 s by a gateway that runs", () => {
    const key = create();
    const identify = open();
    changeKeyFile(file, ([record]) => [{ ...record!, revokedAt: new Date(time).toISOString() }]);
    later(2_000);
    expect(() => identify(key)).toThrow("has expired or was revoked");
  });

  test("that is made later is known within 2 s", () => {
    create();
    const identify = open();
    const second = create({ actor: "second" });
    later(2_000);
    expect(identify(second).id).toBe("second");
  });
});

describe("the file of keys", () => {
  test("that is gone lets nobody in any more", () => {
    const key = create();
    const identify = open();
    rmSync(file);
    later(2_000);
    expect(() => identify(key)).toThrow("not valid");
  });

  test("that becomes unreadable is said to be, and what it said before stands", () => {
    const key = create();
    const identify = open();
    writeFileSync(file, "{");
    later(2_000);
    expect(identify(key).id).toBe("robot");
    later(2_000);
    expect(identify(key).id).toBe("robot");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("cannot be read");
  });

  test("is for its owner alone", () => {
    create();
    chmodSync(file, 0o640);
    expect(open).toThrow(
      `others than its owner may use this file of API keys (mode 640). Keep it to its owner: chmod 600`,
    );
    chmodSync(file, 0o602);
    expect(open).toThrow("mode 602");
    chmodSync(file, 0o400);
    expect(open).not.toThrow();
  });

  test.each([
    ["", "is not JSON"],
    ["[]", "is no file of API keys"],
    ["null", "is no file of API keys"],
    ['{"version":2,"keys":[]}', "is no file of API keys"],
    ['{"version":1,"keys":[{}]}', "keys[0]: is no API key"],
    ['{"version":1,"keys":[null]}', "keys[0]: is no API key"],
  ])("that holds %s is refused with what to do", (text, problem) => {
    writeFileSync(file, text, { mode: 0o600 });
    expect(open).toThrow(problem);
  });

  test("that is not there is refused with what to do", () => {
    expect(open).toThrow("there is no such file. Make one with: kerf api-keys create");
  });

  test("is changed by one at a time, and stays as it was where that fails", () => {
    create();
    const before = readFileSync(file, "utf8");
    expect(() =>
      changeKeyFile(file, () => {
        throw new Error("changed my mind");
      }),
    ).toThrow("changed my mind");
    expect(readFileSync(file, "utf8")).toBe(before);
    writeFileSync(`${file}.next`, "");
    expect(() => create()).toThrow("somebody else changes the keys");
  });
});

test("a gateway takes keys by header or scheme, beside the development identity, and logs none", async () => {
  const key = create();
  const gateway = await startInventory({
    identify: openIdentity({ apiKeysFile: file, development: true, log }),
    log,
  });
  const put = async (headers: Record<string, string>): Promise<number> =>
    (
      await fetch(`${gateway.url}/v1/stock/1`, {
        method: "PUT",
        body: '{"left":1}',
        headers: { "content-type": "application/json", ...headers },
      })
    ).status;
  try {
    expect(await put({ "x-api-key": key })).toBe(200);
    expect(await put({ authorization: `ApiKey ${key}` })).toBe(200);
    expect(await put({ authorization: "Bearer dev:ann:clerk" })).toBe(200);
    expect(await put({})).toBe(401);
    expect(await put({ "x-api-key": `${key}x` })).toBe(401);
    expect(await put({ authorization: `Bearer ${key}` })).toBe(401);
    expect(await put({ "x-api-key": key, authorization: "Bearer dev:ann:clerk" })).toBe(401);
    expect(lines.join()).not.toContain(key.slice(22));
  } finally {
    await gateway.drain(0);
  }
});

test("the development identity is held to loopback also beside others", async () => {
  create();
  const identify = openIdentity({ apiKeysFile: file, development: true, log });
  await expect(startInventory({ identify, host: "0.0.0.0" })).rejects.toThrow(/developmentIdentity/);
  const real = await startInventory({ identify: openIdentity({ apiKeysFile: file, log }), host: "0.0.0.0" });
  await real.drain(0);
});
