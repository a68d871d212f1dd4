import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startShop, type RunningShop } from "../replay/running-shop.ts";
import { fuzz, installSchemathesis, people } from "./fuzz.ts";

const withoutPython =
  spawnSync("python3", ["-c", "import venv, ensurepip"]).status !== 0 && process.env["CI"] !== "true";
const SECONDS = 40;

describe.skipIf(withoutPython)("a real shop, asked for everything that its OpenAPI document has", () => {
  let shop: RunningShop;
  const said: string[] = [];
  beforeAll(async () => {
    await installSchemathesis();
    shop = await startShop({
      topology: "monolith",
      signal: AbortSignal.timeout(60_000),
      say: (line) => said.push(line),
    });
  }, 240_000);
  afterAll(() => shop?.[Symbol.asyncDispose]());

  it(
    "answers as the document says, whoever asks, never with 5xx, and logs no error",
    async () => {
      const gateway = shop.gateway;
      const found = await Promise.all(
        (Object.keys(people) as (keyof typeof people)[]).map((who) =>
          fuzz({ gateway, who, seconds: SECONDS, seed: 20_261_121 }),
        ),
      );
      for (const { who, clean, report } of found) {
        expect(clean, `as ${who}:\n${report.slice(-20_000)}`).toBe(true);
        // Nothing was found because something was asked.
        expect(Number(/(\d+) generated/.exec(report)?.[1])).toBeGreaterThan(300);
        // On a slow machine the time may be over before all of them had their turn.
        const count = (what: string) => Number(new RegExp(`${what}: (\\d+)`).exec(report)?.[1]);
        expect(count("Tested")).toBeGreaterThan(0.7 * count("Selected"));
      }
      expect(shop.deaths).toEqual([]);
      expect(said.filter((line) => / error /.test(line))).toEqual([]);
      expect((await fetch(`${gateway}/readyz`)).status).toBe(200);
    },
    (SECONDS + 90) * 1_000,
  );
});
