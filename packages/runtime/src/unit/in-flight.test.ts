import { expect, test } from "vitest";
import { processClock } from "../clock/process-clock.ts";
import { InFlight } from "./in-flight.ts";

test("draining waits for what is under way, however it ends, and refuses what comes then", async () => {
  const inFlight = new InFlight(processClock);
  const failed = new Error("failed");
  let answer!: (value: string) => void;
  const slow = inFlight.during(() => new Promise<string>((resolve) => (answer = resolve)));
  await expect(inFlight.during(() => Promise.reject(failed))).rejects.toBe(failed);
  const atOnce = inFlight.during(() => {
    throw failed;
  });
  await expect(atOnce).rejects.toBe(failed);

  const steps: string[] = [];
  const drained = inFlight.drain(60_000).then(() => steps.push("drained"));
  await expect(inFlight.during(async () => "late")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  steps.push("answered");
  answer("done");
  await drained;
  expect([await slow, ...steps]).toEqual(["done", "answered", "drained"]);
});

test("draining waits no longer than it is given", async () => {
  const inFlight = new InFlight(processClock);
  void inFlight.during(() => new Promise(() => {}));
  await inFlight.drain(20);
  await new InFlight(processClock).drain(60_000);
});
