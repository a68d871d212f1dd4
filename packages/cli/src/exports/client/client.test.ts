import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect as dial, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  developmentIdentity,
  startGateway,
  type EdgeCall,
  type EdgeWatch,
  type Gateway,
} from "@kerf/gateway";
import { loadGraph } from "@kerf/runtime";
import { command, contract, DeclaredError, query, StatusError, stream } from "kerf";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import shop from "../../../../../examples/shop/kerf.config.ts";
import { clientText } from "./client.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-client-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shelf = contract("shelf", {
  version: 1,
  stock: query({
    description: "How much there is */ of an article.",
    http: "GET /stock/:sku",
    access: "public",
    input: z.object({
      sku: z.string(),
      tags: z.array(z.string()).optional(),
      full: z.boolean().default(false),
    }),
    output: z.object({ sku: z.string(), tags: z.array(z.string()), full: z.boolean() }),
  }),
  reserve: command({
    http: "POST /stock/:sku/reservations",
    access: "user",
    input: z.object({ sku: z.string(), pieces: z.int() }),
    output: z.object({ id: z.string(), tries: z.int() }),
    errors: { OutOfStock: z.object({ left: z.int() }), Withdrawn: z.object({}) },
  }),
  all: query({ http: "GET /stock", access: "public", output: z.object({ skus: z.array(z.string()) }) }),
});

describe("the client of the shop", () => {
  test("is the same text every time, and another for other contracts", async () => {
    const contracts = [...(await loadGraph(shop)).services.values()].map((node) => node.definition.contract);
    const text = clientText("shop", contracts);
    expect(clientText("shop", contracts)).toBe(text);
    const hash = (of: string) => /contractsHash = "(\w{16})"/.exec(of)![1];
    expect(hash(clientText("shop", contracts.slice(1)))).not.toBe(hash(text));
    expect(text).not.toMatch(/^import /m);
  });

  test(
    "is accepted by the compiler, in a page as in Node, and refuses what does not fit",
    { timeout: 60_000 },
    async () => {
      const contracts = [...(await loadGraph(shop)).services.values()].map(
        (node) => node.definition.contract,
      );
      const project = join(folder, "project");
      write(join(project, "client.ts"), clientText("shop", contracts));
      write(
        join(project, "use.ts"),
        `import { catalog, connect, DeclaredProblem, orders, type CatalogSearchOutput } from "./client.ts";
       const api = connect({ baseUrl: "https://shop.example", token: async () => "t" });
       export async function use(): Promise<CatalogSearchOutput> {
         const { place } = orders(api);
         try {
           const placed = await place({ lines: [{ offerId: "a", quantity: 1 }] }, { idempotencyKey: "k", signal: AbortSignal.timeout(5) });
           placed.orderId satisfies string;
         } catch (error) {
           if (place.failed(error, "UnknownOffer")) error.data.offerId satisfies string;
           if (error instanceof DeclaredProblem) error.data satisfies unknown;
         }
         const { search } = catalog(api);
         await search();
         // @ts-expect-error -- a page is a number
         await search({ page: "1" });
         // @ts-expect-error -- a query has no key
         await search({}, { idempotencyKey: "k" });
         // @ts-expect-error -- lines are required
         await place({});
         // @ts-expect-error -- no error of this operation
         place.failed(new Error(), "NoSuchError");
         return await search({ search: "heart", page: undefined });
       }`,
      );
      const options = {
        strict: true,
        noEmit: true,
        allowImportingTsExtensions: true,
        module: "esnext",
        moduleResolution: "bundler",
        target: "es2022",
        types: [],
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        verbatimModuleSyntax: true,
        erasableSyntaxOnly: true,
        noUnusedLocals: true,
      };
      for (const lib of [
        ["es2024", "dom"],
        ["es2022", "dom", "dom.iterable"],
      ]) {
        write(
          join(project, "tsconfig.json"),
          JSON.stringify({ compilerOptions: { ...options, lib }, files: ["use.ts"] }),
        );
        expect(compile(project)).toBe("");
      }
      write(
        join(project, "wrong.ts"),
        `import { catalog, connect } from "./client.ts"; void catalog(connect()).search({ page: "1" });`,
      );
      write(
        join(project, "tsconfig.json"),
        JSON.stringify({ compilerOptions: { ...options, lib: ["es2024", "dom"] }, files: ["wrong.ts"] }),
      );
      expect(compile(project)).toContain("wrong.ts(1,");
    },
  );
});

describe("a client and a real gateway", () => {
  let gateway: Gateway;
  let client: any;
  const calls: EdgeCall[] = [];
  let answer: (call: EdgeCall) => unknown;

  beforeAll(async () => {
    gateway = await startGateway({
      contracts: [shelf],
      invoke: async (call) => {
        calls.push(call);
        return answer(call);
      },
      identify: developmentIdentity(),
      app: "shelf",
      host: "127.0.0.1",
      port: 0,
      log: pino({ level: "silent" }),
      ready: () => true,
    });
    const file = join(folder, "shelf.ts");
    write(file, clientText("shelf", [shelf]));
    client = await import(pathToFileURL(file).href);
  });
  afterAll(() => gateway.drain(0));
  beforeEach(() => {
    calls.length = 0;
    answer = ({ input, id }) => ({
      tags: [],
      full: false,
      id,
      tries: calls.length,
      skus: [],
      ...(input as object),
    });
  });
  const open = (options: object = {}) =>
    client.shelf(client.connect({ baseUrl: gateway.url, token: "dev:ann", ...options }));

  test("puts each field where the route has it", async () => {
    const { stock, all } = open();
    expect(await stock({ sku: "a bü?", tags: ["x", "y&z"], full: true })).toEqual({
      sku: "a bü?",
      tags: ["x", "y&z"],
      full: true,
    });
    expect(await all()).toEqual({ skus: [] });
    await expect(stock({ sku: ".." })).rejects.toThrow("part of the path");
  });

  test("tells a declared error with its data, and no other for it", async () => {
    const { reserve } = open();
    answer = ({ member }) => {
      throw new DeclaredError(member.id, "OutOfStock", { left: 3 });
    };
    const error = await reserve({ sku: "a", pieces: 7 }).catch((thrown: unknown) => thrown);
    expect([
      reserve.failed(error),
      reserve.failed(error, "OutOfStock"),
      reserve.failed(error, "Withdrawn"),
    ]).toEqual([true, true, false]);
    expect(error).toMatchObject({
      name: "DeclaredProblem",
      status: 409,
      code: "OutOfStock",
      data: { left: 3 },
    });
    expect(reserve.failed(new Error("OutOfStock"))).toBe(false);
    expect(calls.length).toBe(1);
  });

  test("tells a problem by its type, field by field, and does not repeat what is wrong", async () => {
    const { reserve, stock } = open();
    const error = await reserve({ sku: "a", pieces: "many" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "Problem",
      status: 400,
      type: "/problems/invalid-input",
      errors: [{ path: "pieces" }],
    });
    expect(error.traceId).toMatch(/^[0-9a-f]{32}$/);
    await expect(open({ token: undefined }).reserve({ sku: "a", pieces: 1 })).rejects.toMatchObject({
      status: 401,
    });
    answer = () => {
      throw new StatusError("NOT_FOUND", "no such article");
    };
    await expect(stock({ sku: "a" })).rejects.toMatchObject({ status: 404, detail: "no such article" });
    expect(calls.length).toBe(1);
  });

  test("repeats an order whose answer was lost, with the same key", async () => {
    await using lossy = await losingAnswers(gateway, 2);
    const { reserve } = open({ baseUrl: lossy.url });
    const reserved = await reserve({ sku: "a", pieces: 1 });
    expect(reserved.tries).toBe(3);
    expect(new Set(calls.map((call) => call.id)).size).toBe(1);
    expect(calls[0]!.id).toMatch(/^[0-9a-f-]{36}$/);
    // Another order is another key; one's own is kept as it is.
    await reserve({ sku: "a", pieces: 1 });
    expect(new Set(calls.map((call) => call.id)).size).toBe(2);
    expect(await reserve({ sku: "a", pieces: 1 }, { idempotencyKey: "mine" })).toMatchObject({ id: "mine" });
  });

  test("waits as long as a 429 or 503 asks, and asks again", async () => {
    const { stock } = open();
    for (const refused of [
      new StatusError("RESOURCE_EXHAUSTED", "slow down", { retryAfterMs: 900 }),
      new StatusError("UNAVAILABLE", "gone"),
    ]) {
      calls.length = 0;
      const began = Date.now();
      answer = ({ input }) => {
        if (calls.length === 1) throw refused;
        return { tags: [], full: false, ...(input as object) };
      };
      expect(await stock({ sku: "a" })).toMatchObject({ sku: "a" });
      expect(calls.length).toBe(2);
      // The header counts whole seconds.
      expect(Date.now() - began).toBeGreaterThanOrEqual(950);
    }
  });

  test("gives up at once where it would have to wait longer than it has", async () => {
    answer = () => {
      throw new StatusError("RESOURCE_EXHAUSTED", "slow down", { retryAfterMs: 60_000 });
    };
    const began = Date.now();
    await expect(open().stock({ sku: "a" }, { timeoutMs: 3_000 })).rejects.toMatchObject({ status: 429 });
    expect(Date.now() - began).toBeLessThan(1_500);
    expect(calls.length).toBe(1);
  });

  test("repeats no more often than it was told, and then says that nothing answered", async () => {
    await using lossy = await losingAnswers(gateway, Infinity);
    const { reserve } = open({ baseUrl: lossy.url });
    const error = await reserve({ sku: "a", pieces: 1 }, { retries: 1, idempotencyKey: "k1" }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: "NoAnswer", reason: "network", idempotencyKey: "k1" });
    expect(calls.length).toBe(2);
  });

  test("ends at its deadline, and at once where its caller gives up", async () => {
    answer = ({ signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(StatusError.from(signal.reason))),
      );
    const began = Date.now();
    await expect(open().stock({ sku: "a" }, { timeoutMs: 300 })).rejects.toMatchObject({
      name: "NoAnswer",
      reason: "timeout",
    });
    const caller = new AbortController();
    const asked = open().stock({ sku: "a" }, { signal: caller.signal });
    setTimeout(() => caller.abort(), 100);
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
    expect(Date.now() - began).toBeLessThan(2_000);
  });
});

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

  async function* count({ member, input, signal }: EdgeWatch): AsyncGenerator<object> {
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
      watch: count,
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

/** Passes everything on to the gateway, but cuts the first connections instead of bringing back what it answers. */
async function losingAnswers(gateway: Gateway, times: number) {
  let lost = 0;
  const server = createServer((from) => {
    const [host, port] = gateway.address.split(":");
    const to = dial(Number(port), host);
    from.on("error", () => to.destroy());
    to.on("error", () => from.destroy());
    from.pipe(to);
    to.on("data", (data) => {
      if (lost++ < times) from.destroy();
      else from.write(data);
    });
    from.on("close", () => to.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      await Promise.resolve();
    },
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** What the compiler has to say of a project. */
function compile(project: string): string {
  const bin = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  try {
    execFileSync(process.execPath, [bin, "-p", project], { cwd: project, encoding: "utf8" });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
