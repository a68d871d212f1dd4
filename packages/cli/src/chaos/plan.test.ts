import { expect, test } from "vitest";
import { FAULTS, type FaultKind } from "../dev/control/protocol.ts";
import { plan, possible, type Grounds, type Step } from "./plan.ts";

const process = (name: string) => ({
  name,
  unit: name,
  services: [name],
  pid: 1,
  ready: true,
  health: undefined,
  address: undefined,
});
const grounds: Grounds = {
  processes: [process("back"), process("front")],
  links: ["back", "back>database"],
  stored: ["names"],
  database: true,
  leaseMs: 5_000,
};

function first(many: number, seed: number, kinds: readonly FaultKind[] = FAULTS, forMs = 60_000): Step[] {
  const steps: Step[] = [];
  for (const step of plan(grounds, { seed, forMs, kinds })) if (steps.push(step) === many) break;
  return steps;
}

test("a seed is a plan", () => {
  expect(first(50, 7)).toEqual(first(50, 7));
  expect(first(50, 7)).not.toEqual(first(50, 8));
});

test("every kind comes before any comes again", () => {
  for (let seed = 0; seed < 50; seed++) {
    const kinds = first(FAULTS.length * 2, seed).map(({ fault }) => fault.kind);
    expect(new Set(kinds.slice(0, FAULTS.length)).size).toBe(FAULTS.length);
    expect(new Set(kinds.slice(FAULTS.length)).size).toBe(FAULTS.length);
  }
});

test("half of the pauses outlast the lease, where there is time for that", () => {
  const long = (forMs: number) =>
    first(200, 1, ["pause"], forMs).filter(({ fault }) => fault.kind === "pause" && fault.ms > 5_000).length;
  expect(long(60_000)).toBeGreaterThan(70);
  expect(long(60_000)).toBeLessThan(130);
  expect(long(10_000)).toBe(0);
});

test("what is not there is not broken", () => {
  expect(possible(grounds)).toEqual([...FAULTS]);
  expect(possible({ ...grounds, links: [] })).not.toContain("latency");
  expect(possible({ ...grounds, database: false, links: [] })).toEqual(["kill", "pause", "restart"]);
});
