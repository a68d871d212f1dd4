import { StatusError } from "kerf";
import { describe, expect, it } from "vitest";
import { Breaker } from "./breaker.ts";

/** A breaker on a clock that the test turns. */
function breakerAt() {
  const clock = { time: 1_000_000_000, now: () => clock.time };
  const breaker = new Breaker("bookshop", clock);
  const verdict = (error: unknown) => (error as { verdict: "failed" | "answered" | "none" }).verdict;
  const asked: string[] = [];
  async function call(how: "ok" | "failed" | "answered" | "none"): Promise<string> {
    try {
      await breaker.run(async () => {
        asked.push(how);
        if (how !== "ok") throw Object.assign(new Error(how), { verdict: how });
      }, verdict);
      return "ok";
    } catch (error) {
      return error instanceof StatusError ? `refused, again in ${error.retryAfterMs}` : how;
    }
  }
  async function calls(how: Parameters<typeof call>[0], count: number): Promise<void> {
    for (let i = 0; i < count; i++) await call(how);
  }
  return { clock, breaker, call, calls, asked };
}

describe("a breaker", () => {
  it("opens when more than half of at least 20 calls failed", async () => {
    const { breaker, calls, call, asked } = breakerAt();
    await calls("failed", 19);
    expect(breaker.state).toBe("closed");
    await call("failed");
    expect(breaker.state).toBe("open");
    expect(await call("ok")).toBe("refused, again in 5000");
    expect(asked).toHaveLength(20);
  });

  it("stays closed at half", async () => {
    const { breaker, calls } = breakerAt();
    await calls("ok", 20);
    await calls("failed", 20);
    expect(breaker.state).toBe("closed");
    await calls("failed", 1);
    expect(breaker.state).toBe("open");
  });

  it("takes an answer that is an error for an answer, and counts no call that was given up", async () => {
    const { breaker, calls } = breakerAt();
    await calls("answered", 15);
    await calls("none", 100);
    await calls("failed", 15);
    expect(breaker.state).toBe("closed");
  });

  it("forgets what is older than its window", async () => {
    const { breaker, calls, clock } = breakerAt();
    await calls("failed", 19);
    clock.time += 31_000;
    await calls("failed", 19);
    expect(breaker.state).toBe("closed");
    clock.time += 15_000;
    await calls("failed", 1);
    expect(breaker.state).toBe("open");
  });

  it("tries three calls after 5 s, and closes when all succeed", async () => {
    const { breaker, calls, call, clock } = breakerAt();
    await calls("failed", 20);
    clock.time += 4_999;
    expect(await call("ok")).toBe("refused, again in 1");
    clock.time += 1;
    expect(await call("ok")).toBe("ok");
    expect(breaker.state).toBe("half-open");
    await calls("ok", 2);
    expect(breaker.state).toBe("closed");
    await calls("failed", 19);
    expect(breaker.state).toBe("closed");
  });

  it("lets no more than three through at once, and another for one that was given up", async () => {
    const { breaker, calls, call, clock } = breakerAt();
    await calls("failed", 20);
    clock.time += 5_000;
    const held = Promise.withResolvers<void>();
    const trials = [1, 2, 3].map(() =>
      breaker.run(
        () => held.promise,
        () => "failed",
      ),
    );
    expect(await call("ok")).toMatch("refused");
    held.resolve();
    await Promise.all(trials);
    expect(breaker.state).toBe("closed");
    await calls("failed", 20);
    clock.time += 5_000;
    await calls("none", 10);
    await calls("ok", 3);
    expect(breaker.state).toBe("closed");
  });

  it("stays open twice as long when a trial fails, up to 60 s", async () => {
    const { breaker, calls, call, clock } = breakerAt();
    await calls("failed", 20);
    const waits: string[] = [];
    for (let i = 0; i < 5; i++) {
      clock.time += 60_000;
      await call("failed");
      expect(breaker.state).toBe("open");
      waits.push(await call("ok"));
    }
    expect(waits.map((text) => Number(text.split(" ").at(-1)))).toEqual([
      10_000, 20_000, 40_000, 60_000, 60_000,
    ]);
  });

  it("is not moved by calls that began in an earlier state", async () => {
    const { breaker, calls, clock } = breakerAt();
    const late = Promise.withResolvers<void>();
    const old = breaker
      .run(
        () => late.promise,
        () => "failed",
      )
      .catch(() => {});
    await calls("failed", 20);
    clock.time += 5_000;
    await calls("ok", 1);
    late.reject(new Error("late"));
    await old;
    expect(breaker.state).toBe("half-open");
  });
});
