import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

it("client and server survive 50,000 mutated frames and header blocks", async () => {
  const { mutations, rounds, cutOff, slowestMs } = await fuzz(50_000, 20_261_121);
  expect(mutations).toBeGreaterThanOrEqual(50_000);
  // Neither is everything refused, which would prove nothing, nor is everything taken.
  expect(cutOff).toBeGreaterThan(rounds * 0.1);
  expect(cutOff).toBeLessThan(rounds * 0.9);
  expect(slowestMs).toBeLessThan(2000);
}, 60_000);
