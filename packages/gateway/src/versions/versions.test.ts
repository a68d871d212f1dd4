import { VersionUsage } from "@kerf/runtime/versions";
import { command, contract, query, stream } from "kerf";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { clientOf } from "../../test/client.ts";
import { routesOf } from "../routes.ts";
import { servedVersions } from "./versions.ts";
import { developmentIdentity, openapi, startGateway, type Gateway } from "../index.ts";

const Sku = z.object({ sku: z.string() });
const old = contract("catalog", {
  version: 1,
  deprecated: { since: "2026-09-01", sunset: "2099-03-01", link: "https://example.org/move" },
  product: query({ http: "GET /products/:sku", access: "public", input: Sku, output: Sku }),
  all: query({ http: "GET /products", access: "public" }),
  follow: stream({ http: "GET /products/:sku/follow", access: "public", input: Sku, output: Sku }),
  add: command({ http: "POST /products", access: "user", input: Sku, output: Sku }),
  drop: command({
    http: "DELETE /products/:sku",
    access: "public",
    input: Sku,
    deprecated: { since: "2020-01-01", sunset: "2021-01-01", afterSunset: "gone" },
  }),
});
const current = contract("catalog", {
  version: 2,
  item: query({ http: "GET /items/:sku", access: "public", input: Sku, output: Sku }),
  all: query({ http: "GET /shelves/:shelf/items", access: "public", input: z.object({ shelf: z.string() }) }),
  add: command({ http: "POST /items", access: "user", input: Sku, output: Sku }),
});
const plain = contract("plain", {
  version: 1,
  answer: query({ http: "GET /answer", access: "public", output: z.object({}) }),
});

const lines: string[] = [];
let gateway: Gateway;
const { ask, send } = clientOf(() => gateway.url);
beforeAll(async () => {
  gateway = await startGateway({
    contracts: [current, old, plain],
    successors: new Map([
      [old.product.id, current.item.id],
      [old.all.id, current.all.id],
      [old.add.id, current.add.id],
    ]),
    invoke: async ({ input }) => input,
    async *watch({ input }) {
      yield input;
    },
    identify: developmentIdentity(),
    app: "shop",
    host: "127.0.0.1",
    port: 0,
    log: pino({ level: "info" }, { write: (line: string) => void lines.push(line) }),
    ready: () => true,
  });
});
afterAll(() => gateway.drain(0));

describe("a version that is to go", () => {
  test("says since when, until when, where that is explained, and what is there instead", async () => {
    const { status, headers, body } = await ask("/v1/products/a%2Db");
    expect([status, body]).toEqual([200, { sku: "a-b" }]);
    expect(headers.get("deprecation")).toBe(`@${Date.UTC(2026, 8, 1) / 1000}`);
    expect(headers.get("sunset")).toBe("Sun, 01 Mar 2099 00:00:00 GMT");
    expect(headers.get("link")).toBe(
      '<https://example.org/move>; rel="deprecation"; type="text/html", </v2/items/a-b>; rel="successor-version"',
    );
    // Its path of today cannot be written from that of the old one.
    expect((await ask("/v1/products")).headers.get("link")).toBe(
      '<https://example.org/move>; rel="deprecation"; type="text/html"',
    );
  });

  test("leads nobody elsewhere by what stands in the path", async () => {
    const { headers } = await ask(`/v1/products/${encodeURIComponent('a>; rel="next", <evil.example')}`);
    const link = headers.get("link") ?? "";
    expect(link.match(/[<>]/g)).toHaveLength(4);
    expect(link).not.toContain("<evil");
  });

  test("says so where it refuses, too", async () => {
    const { status, headers } = await send(
      "POST",
      "/v1/products",
      { sku: 7 },
      { authorization: "Bearer dev:ann" },
    );
    expect([status, headers.has("deprecation")]).toEqual([400, true]);
  });

  test("says so of its streams, too", async () => {
    const { headers, body } = await fetch(`${gateway.url}/v1/products/a/follow`);
    await body?.cancel();
    expect(headers.get("content-type")).toBe("text/event-stream");
    expect(headers.get("sunset")).toBe("Sun, 01 Mar 2099 00:00:00 GMT");
  });

  test("is answered with 410 after its sunset, where the contract wants that", async () => {
    const { status, body } = await ask("/v1/products/a", { method: "DELETE" });
    expect([status, body.type]).toEqual([410, "/problems/gone"]);
  });

  test("leaves others alone", async () => {
    for (const path of ["/v2/items/a", "/v1/answer"]) {
      const { headers } = await ask(path);
      expect([headers.has("deprecation"), headers.has("sunset"), headers.has("link")]).toEqual([
        false,
        false,
        false,
      ]);
    }
  });

  test("stands in OpenAPI as such", () => {
    const { paths } = openapi([old, current], { title: "shop" }) as any;
    expect(paths["/v1/products/{sku}"].get.deprecated).toBe(true);
    expect(paths["/v1/products/{sku}"].delete.responses["410"]).toBeDefined();
    expect(paths["/v1/products/{sku}/follow"].get.deprecated).toBe(true);
    expect(paths["/v2/items/{sku}"].get.deprecated).toBeUndefined();
  });

  test("is counted by version, member and caller; one version alone is not", async () => {
    await send("POST", "/v1/products", { sku: "x" }, { authorization: "Bearer dev:bob" });
    await send("POST", "/v2/items", { sku: "x" }, { authorization: "Bearer dev:bob" });
    const use = gateway.versions();
    expect(use.find(({ member }) => member === "catalog@1.add")?.callers).toMatchObject({ bob: 1 });
    expect(use.find(({ member }) => member === "catalog@2.add")).toMatchObject({
      calls: 1,
      callers: { bob: 1 },
    });
    expect(use.find(({ member }) => member.startsWith("plain"))).toBeUndefined();
  });

  test("is told of in the log when the gateway ends, without names", async () => {
    await gateway.drain(0);
    const told = lines.map((line) => JSON.parse(line) as any).find((line) => line.versions);
    expect(told.versions["catalog@1"].calls).toBeGreaterThan(2);
    expect(told.versions["catalog@1"].callers).toBeGreaterThan(1);
    expect(JSON.stringify(told)).not.toContain("bob");
  });
});

test("callers are told apart up to a limit", () => {
  const usage = new VersionUsage();
  for (let n = 0; n < 1_000; n++) usage.count("catalog@1.add", `caller ${n}`);
  usage.count("catalog@1.add", "caller 3");
  const [use] = usage.read();
  expect(Object.keys(use!.callers)).toHaveLength(101);
  expect([use!.calls, use!.callers["others"], use!.callers["caller 3"]]).toEqual([1_001, 900, 2]);
});

test("the log is told once a day of use, by version, and not where nothing was used", () => {
  let at = Date.UTC(2026, 9, 1);
  const told: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void told.push(line) });
  const routes = routesOf([old, current]);
  const route = routes.find(({ member }) => member.id === old.product.id)!;
  const made = servedVersions({ contracts: [old, current], routes, log, now: () => at });
  const [stage] = made.stages(route, () => {});
  const step = stage!(() => {});
  const once = (): void => step({ parameters: {}, headers: [] } as never);
  at += 25 * 60 * 60_000;
  expect(told).toEqual([]);
  for (let n = 0; n < 3; n++) once();
  at += 25 * 60 * 60_000;
  once();
  expect(told.map((line) => (JSON.parse(line) as any).versions)).toEqual([
    { "catalog@1": { calls: 1, callers: 1 } },
    { "catalog@1": { calls: 4, callers: 1 } },
  ]);
});
