import { batch, DeclarationError, optional, required, StatusError, type PartLimits, type Parts } from "kerf";
import { afterEach, describe, expect, test } from "vitest";
import { processClock } from "../clock/process-clock.ts";
import { gather } from "./gather.ts";
import { LeftOut } from "./left-out.ts";

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled.splice(0)).toEqual([]);
});

interface Line {
  readonly fields: any;
  readonly message: string | undefined;
}

function asking({ leftMs = 5_000, incoming }: { leftMs?: number; incoming?: AbortSignal } = {}) {
  const lines: Line[] = [];
  const leftOut = new LeftOut();
  const log = { warn: (fields: object | string, message?: string) => void lines.push({ fields, message }) };
  const began = processClock.now();
  const run = (parts: Parts): Promise<any> =>
    gather(parts, {
      clock: processClock,
      member: "pages@1.page",
      deadlineAt: began + leftMs,
      incoming,
      timeoutMs: 2_000,
      leftOut,
      log: () => log as never,
    });
  return { run, lines, leftOut, tookMs: () => processClock.now() - began };
}

/** Never answers; tells when it was told to stop. */
function endless() {
  let given: PartLimits | undefined;
  const ask = (within: PartLimits): Promise<never> => {
    given = within;
    return new Promise((_resolve, reject) =>
      within.signal.addEventListener("abort", () => reject(within.signal.reason)),
    );
  };
  return { ask, given: () => given! };
}
const deaf = (): Promise<never> => new Promise(() => {});
const gone = new StatusError("UNAVAILABLE", "gone");

describe("gather", () => {
  test("asks for all parts at once and gives their answers in order", async () => {
    const { run } = asking();
    const begun: string[] = [];
    let release!: () => void;
    const together = new Promise<void>((resolve) => (release = resolve));
    const part = (name: string) => async () => {
      begun.push(name);
      if (begun.length === 3) release();
      await together;
      return name;
    };
    const found = await run({
      a: part("a"),
      b: required(part("b")),
      c: optional(part("c"), { otherwise: 0 }),
    });
    expect(Object.entries(found)).toEqual([
      ["a", "a"],
      ["b", "b"],
      ["c", "c"],
    ]);
  });

  test("an optional part that fails is left out, told of and counted; the rest comes", async () => {
    const { run, lines, leftOut } = asking();
    const found = await run({
      product: async () => "heart",
      stock: optional(() => Promise.reject(gone)),
      alike: optional(
        () => {
          throw new TypeError("a mistake");
        },
        { otherwise: [] },
      ),
      reviews: optional(async () => 7),
    });
    expect(found).toEqual({
      product: "heart",
      stock: { ok: false, code: "UNAVAILABLE", error: gone },
      alike: [],
      reviews: { ok: true, value: 7 },
    });
    expect(leftOut.total).toBe(2);
    const told = new Map(lines.map(({ fields }) => [fields.part, fields]));
    expect([told.get("stock").code, told.get("alike").code]).toEqual(["UNAVAILABLE", "INTERNAL"]);
    // The caller is told nothing of it; the log has it.
    expect(told.get("alike").err).toBeInstanceOf(TypeError);
  });

  test("a part that fails with every request is not a line for each", async () => {
    const { run, lines, leftOut } = asking();
    const parts = { stock: optional(() => Promise.reject(gone)) };
    for (let n = 0; n < 20; n++) await run(parts);
    expect([leftOut.total, lines.length]).toEqual([20, 1]);
  });

  test("an optional part that is late is aborted and not waited for, whether it heeds its signal or not", async () => {
    const { run, tookMs } = asking();
    const slow = endless();
    const found = await run({
      product: async () => "heart",
      slow: optional(slow.ask, { within: "100ms" }),
      deaf: optional(deaf, { within: "100ms", otherwise: "none" }),
    });
    expect(found).toMatchObject({
      product: "heart",
      slow: { ok: false, code: "DEADLINE_EXCEEDED" },
      deaf: "none",
    });
    expect(tookMs()).toBeLessThan(1_000);
    expect(slow.given().timeoutMs).toBe(100);
    expect(slow.given().signal.aborted).toBe(true);
  });

  test("a required part that fails ends the whole at once and aborts the others", async () => {
    const { run, tookMs, leftOut } = asking();
    const [slow, other] = [endless(), endless()];
    const whole = run({ slow: slow.ask, other: optional(other.ask), bad: () => Promise.reject(gone) });
    await expect(whole).rejects.toBe(gone);
    expect(tookMs()).toBeLessThan(500);
    expect([slow.given().signal.aborted, other.given().signal.aborted]).toEqual([true, true]);
    expect(leftOut.total).toBe(0);
  });

  test("a required part that is late ends the whole", async () => {
    const { run } = asking();
    await expect(run({ slow: required(deaf, { within: "50ms" }) })).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      message: expect.stringContaining('"slow" of pages@1.page'),
    });
  });

  test("no part has longer than its caller, and an answer without it still comes in time", async () => {
    const { run, tookMs } = asking({ leftMs: 300 });
    const [needed, extra] = [endless(), endless()];
    const found = run({ extra: optional(extra.ask, { within: "10s", otherwise: undefined }) });
    expect(await found).toEqual({ extra: undefined });
    expect(tookMs()).toBeLessThan(300);
    await expect(run({ needed: required(needed.ask, { within: "10s" }) })).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    expect(needed.given().timeoutMs).toBeLessThanOrEqual(300);
  });

  test("where the caller goes away everything stops, and nothing counts as left out", async () => {
    const caller = new AbortController();
    const { run, leftOut } = asking({ incoming: caller.signal });
    const slow = endless();
    const whole = run({ slow: optional(slow.ask) });
    caller.abort();
    await expect(whole).rejects.toMatchObject({ code: "CANCELLED" });
    expect([slow.given().signal.aborted, leftOut.total]).toEqual([true, 0]);
  });

  test("parts that look up the same things share one question", async () => {
    const asked: (readonly string[])[] = [];
    const nameOf = batch(
      async (codes: readonly string[]) => {
        asked.push(codes);
        return codes.map((code) => ({ code, name: code.toUpperCase() }));
      },
      { key: (product) => product.code, value: (product) => product.name },
    );
    const { run } = asking();
    const found = await run({ one: () => nameOf("a"), all: () => Promise.all([nameOf("a"), nameOf("b")]) });
    expect(found).toEqual({ one: "A", all: ["A", "B"] });
    expect(asked).toEqual([["a", "b"]]);
  });

  test("a time that is none is refused", () => {
    expect(() => optional(deaf, { within: "soon" as never })).toThrow(DeclarationError);
  });
});
