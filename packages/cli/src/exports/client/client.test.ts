import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { developmentIdentity, startGateway, type EdgeCall, type Gateway } from "@kerf/gateway";
import { loadGraph } from "@kerf/runtime";
import { command, contract, DeclaredError, query, StatusError } from "kerf";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import shop from "../../../../../examples/shop/kerf.config.ts";
import { clientText } from "./client.ts";
import { losingAnswers, write } from "./testing.ts";

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
