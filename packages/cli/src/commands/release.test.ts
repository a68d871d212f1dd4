import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { run } from "../main.ts";

const config = fileURLToPath(new URL("../../test/fixture/release/old/kerf.config.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "kerf-release-"));
const file = join(folder, "releases.json");
const kept = (): unknown => JSON.parse(readFileSync(file, "utf8"));
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function printed(): () => string {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return () => write.mock.calls.map(([text]) => String(text)).join("");
}

test("kerf release writes what units read: what is not said stays", async () => {
  printed();
  const release = (...argv: string[]) => run(["release", ...argv, "--file", file, "--config", config]);
  expect(await release("set", "catalog", "--to", "10.0.0.7:5000", "--weight", "5%")).toBe(0);
  expect(kept()).toEqual({ catalog: { to: "10.0.0.7:5000", weight: 5 } });
  expect(await release("set", "catalog", "--mirror", "10", "--choose", "role:tester")).toBe(0);
  expect(kept()).toEqual({ catalog: { to: "10.0.0.7:5000", weight: 5, mirror: 10, choose: "role:tester" } });
  await expect(release("set", "catalog", "--weight", "500")).rejects.toThrow("a number from 0 to 100");
  await expect(release("set", "catalog", "--sticky", "always")).rejects.toThrow(".catalog.sticky");
  await expect(release("set", "catlog", "--weight", "5")).rejects.toThrow('Did you mean "catalog"?');
  await expect(release("set", "shop", "--weight", "5")).rejects.toThrow("--to WHERE");
  expect(kept()).toMatchObject({ catalog: { weight: 5 } });
  expect(await release("end", "catalog")).toBe(0);
  expect(kept()).toEqual({});
  await expect(release("end", "catalog")).rejects.toThrow("catalog is not being released");
});

test("kerf release status asks the units that are named", async () => {
  const seen = { calls: 50, failed: 6, p95Ms: 12 };
  const mirror = { sent: 1, equal: 1, different: 0, failed: 0, slower: 0, skipped: 0, differences: {} };
  const one = {
    service: "catalog",
    to: "a:1",
    weight: 5,
    state: "returned",
    reason: "12.0 % of 50 calls failed",
  };
  const unit = createServer((_request, response) =>
    response.end(JSON.stringify({ releases: [{ ...one, next: seen, current: seen, mirror }] })),
  ).listen(0, "127.0.0.1");
  await new Promise((resolve) => unit.once("listening", resolve));
  const out = printed();
  const at = `http://127.0.0.1:${(unit.address() as AddressInfo).port}`;
  expect(await run(["release", "--at", at])).toBe(0);
  expect(out()).toContain("returned");
  expect(out()).toContain("50 (6 failed, p95 12 ms)");
  expect(out()).toContain("12.0 % of 50 calls failed");
  await new Promise((resolve) => unit.close(resolve));
  await expect(run(["release", "--at", at])).rejects.toThrow("does not tell its status");
});
