import { describe, expect, it } from "vitest";
import { countInMemory } from "./window.ts";

describe("counting in memory", () => {
  it("counts each caller apart, and says what is left and for how long", async () => {
    const count = countInMemory({ count: 2, seconds: 60 });
    expect(await count("ann")).toMatchObject({ exceeded: false, remaining: 1 });
    expect(await count("ann")).toMatchObject({ exceeded: false, remaining: 0 });
    const third = await count("ann");
    expect(third).toMatchObject({ exceeded: true, remaining: 0 });
    expect(third.resetMs).toBeGreaterThan(59_000);
    expect(third.resetMs).toBeLessThanOrEqual(60_000);
    expect(await count("bob")).toMatchObject({ exceeded: false, remaining: 1 });
  });

  it("counts newcomers together when there are too many of them, and those that it knows apart", async () => {
    const count = countInMemory({ count: 3, seconds: 60 }, 2);
    for (const caller of ["ann", "bob"]) expect((await count(caller)).remaining).toBe(2);
    expect((await count("eve1")).remaining).toBe(2);
    expect((await count("eve2")).remaining).toBe(1);
    expect((await count("eve3")).remaining).toBe(0);
    expect((await count("eve4")).exceeded).toBe(true);
    expect(await count("ann")).toMatchObject({ exceeded: false, remaining: 1 });
  });
});
