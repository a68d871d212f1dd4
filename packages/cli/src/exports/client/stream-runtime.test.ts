import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { developmentIdentity, startGateway, type EdgeWatch, type Gateway } from "@kerf/gateway";
import { contract, DeclaredError, StatusError, stream } from "kerf";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { clientText } from "./client.ts";
import { losingAnswers, write } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-client-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ticks = contract("ticks", {
  version: 1,
  count: stream({
    http: "GET /ticks",
    access: "user",
    input: z.object({ upTo: z.int(), after: z.int().optional() }),
    output: z.object({ n: z.int() }),
    errors: { TooMany: z.object({ most: z.int() }) },
    resume: { id: "n", from: "after" },
  }),
});

describe("a client and the streams of a real gateway", () => {
  let gateway: Gateway;
  let client: any;
  let asked: { readonly after: number }[] = [];
  let open = 0;
  /** Ends for one reader after so many, as a unit does that ends. */
  let endsAfter = Infinity;

  async function* counted({ member, input, signal }: EdgeWatch): AsyncGenerator<object> {
    const { upTo, after = 0 } = input as { upTo: number; after?: number };
    asked.push({ after });
    open++;
    try {
      if (upTo > 100) throw new DeclaredError(member.id, "TooMany", { most: 100 });
      for (let n = after + 1; n <= upTo; n++) {
        if (n > after + endsAfter) throw new StatusError("UNAVAILABLE", "ask again", { retryAfterMs: 10 });
        yield { n };
        if (n === 50) throw new StatusError("NOT_FOUND", "there is no 51");
      }
      if (upTo < 0) await new Promise((_resolve, reject) => signal.addEventListener("abort", reject));
    } finally {
      open--;
    }
  }

  beforeAll(async () => {
    gateway = await startGateway({
      contracts: [ticks],
      invoke: async () => ({}),
      watch: counted,
      identify: developmentIdentity(),
      app: "ticks",
      host: "127.0.0.1",
      port: 0,
      log: pino({ level: "silent" }),
      ready: () => true,
    });
    const file = join(folder, "ticks.ts");
    write(file, clientText("ticks", [ticks]));
    client = await import(pathToFileURL(file).href);
  });
  afterAll(() => gateway.drain(0));
  beforeEach(() => {
    asked = [];
    endsAfter = Infinity;
  });
  const counting = (options: object = {}) =>
    client.ticks(client.connect({ baseUrl: gateway.url, token: "dev:ann", ...options })).count;
  const numbersOf = async (found: AsyncIterable<{ n: number }>) =>
    (await Array.fromAsync(found)).map(({ n }) => n);

  test("reads each answer, and the end", async () => {
    expect(await numbersOf(counting()({ upTo: 5, after: 2 }))).toEqual([3, 4, 5]);
    expect(asked).toEqual([{ after: 2 }]);
  });

  test("goes on where it was when it is cut off", async () => {
    endsAfter = 2;
    expect(await numbersOf(counting()({ upTo: 5 }))).toEqual([1, 2, 3, 4, 5]);
    expect(asked).toEqual([{ after: 0 }, { after: 2 }, { after: 4 }]);
    await using lossy = await losingAnswers(gateway, 2);
    expect(await numbersOf(counting({ baseUrl: lossy.url })({ upTo: 1 }))).toEqual([1]);
  });

  test("tells why it ends: at once, and in the middle", async () => {
    const count = counting();
    const error = await numbersOf(count({ upTo: 101 })).catch((thrown: unknown) => thrown);
    expect([count.failed(error, "TooMany"), (error as any).data]).toEqual([true, { most: 100 }]);
    const seen: number[] = [];
    const read = async () => {
      for await (const { n } of count({ upTo: 60, after: 47 })) seen.push(n);
    };
    await expect(read()).rejects.toMatchObject({ name: "Problem", status: 404, detail: "there is no 51" });
    expect(seen).toEqual([48, 49, 50]);
    await expect(numbersOf(counting({ token: undefined })({ upTo: 1 }))).rejects.toMatchObject({
      status: 401,
    });
  });

  test("ends there too when the loop is left, and when its signal says so", async () => {
    for await (const { n } of counting()({ upTo: 49 })) if (n === 3) break;
    await expect.poll(() => open).toBe(0);
    const caller = new AbortController();
    const read = numbersOf(counting()({ upTo: -1 }, { signal: caller.signal }));
    await expect.poll(() => open).toBe(1);
    caller.abort();
    await expect(read).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => open).toBe(0);
  });

  test("asks again so often, and then says that nothing answers", async () => {
    await using lossy = await losingAnswers(gateway, Infinity);
    const read = numbersOf(counting({ baseUrl: lossy.url })({ upTo: 1 }, { retries: 1 }));
    await expect(read).rejects.toMatchObject({ name: "NoAnswer", reason: "network" });
    expect(asked.length).toBe(2);
  });
});
