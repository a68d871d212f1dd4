/** A cached query from the edge to its database, with Redis and a CDN, as `kerf start` composes them. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { createLog, loadGraph } from "@kerf/runtime";
import { testRedis, withoutRedis } from "@kerf/runtime/redis/testing";
import { freshName, testServer } from "@kerf/runtime/testing";
import { app, command, contract, event, query, service, when } from "kerf";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { lockToRunWith } from "../src/lock.ts";
import { runUnit } from "../src/unit.ts";

const Price = z.object({ sku: z.string(), pence: z.int() });
const priceChanged = event({ data: Price, key: "sku" });
const shelf = contract("shelf", {
  version: 1,
  priceChanged,
  price: query({
    http: "GET /prices/:sku",
    access: "public",
    input: z.object({ sku: z.string() }),
    output: Price,
    cache: { ttl: "1h", stale: "1h", invalidate: [when(priceChanged, { sku: "sku" })] },
  }),
  setPrice: command({ http: "PUT /prices/:sku", access: "public", input: Price }),
});

const folder = mkdtempSync(join(tmpdir(), "kerf-migrations-"));
writeFileSync(join(folder, "0001_prices.sql"), "create table prices (sku text primary key, pence int)");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let asked = 0;
const shelfService = service(
  shelf,
  { database: { migrations: pathToFileURL(`${folder}/`) } },
  {
    handle: {
      async price({ sku }, { sql }) {
        asked++;
        const [row] = await sql<{ pence: number }>`select pence from prices where sku = ${sku}`;
        return { sku, pence: row?.pence ?? 0 };
      },
      async setPrice({ sku, pence }, { sql, emit }) {
        await sql`insert into prices values (${sku}, ${pence}) on conflict (sku) do update set pence = ${pence}`;
        emit(shelf.priceChanged, { sku, pence });
        return {};
      },
    },
  },
);

test.skipIf(withoutRedis)("a price is kept on its way out, until an event says that it changed", async () => {
  const purged: string[] = [];
  const cdn = createServer(async (request, response) => {
    purged.push(...(JSON.parse(await text(request)) as { tags: string[] }).tags);
    response.end(request.headers.authorization === "Bearer s3cret" ? "" : undefined);
  });
  await new Promise<void>((resolve) => cdn.listen(0, "127.0.0.1", resolve));
  await using redis = await testRedis({ password: "only-for-tests" });
  const name = freshName("t").replaceAll("_", "-");
  const declared = app(name, {
    services: { shelf: async () => ({ default: shelfService }) },
    topologies: { monolith: { all: "*" } },
    gateway: { cdn: { purgeUrl: "https://cdn.example/purge" } },
  });
  const graph = await loadGraph(declared);
  const topology = declared.topologies.get("monolith")!;
  const server = await testServer();
  const lines: string[] = [];
  const running = await runUnit({
    graph,
    topology,
    unit: topology.units[0]!,
    environment: {
      KERF_DATABASE_URL: server.adminUrl,
      KERF_PORT: "0",
      KERF_REDIS_URL: redis.url,
      KERF_CDN_PURGE_URL: `http://127.0.0.1:${(cdn.address() as AddressInfo).port}/purge`,
      KERF_CDN_TOKEN: "s3cret",
    },
    dataDir: folder,
    lock: await lockToRunWith(folder, [shelf]),
    log: createLog({ unit: "all", level: "warn", destination: { write: (line) => void lines.push(line) } }),
  });
  const url = `${running.gateway}/v1/prices/heart`;
  const set = (pence: number) =>
    fetch(url, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ pence }),
    });
  const get = (etag?: string) => fetch(url, { headers: etag ? { "if-none-match": etag } : {} });
  try {
    expect((await set(250)).status).toBe(200);
    const first = await get();
    expect(await first.json()).toEqual({ sku: "heart", pence: 250 });
    expect(first.headers.get("cdn-cache-control")).toBe(
      "max-age=3600, stale-while-revalidate=3600, stale-if-error=3600",
    );
    const [, key] = first.headers.get("surrogate-key")!.split(" ");
    await expect.poll(() => purged).toContain(key);

    const etag = first.headers.get("etag")!;
    expect((await get(etag)).status).toBe(304);
    const again = await get();
    expect([again.status, again.headers.get("etag"), again.headers.get("age")]).toEqual([
      200,
      etag,
      expect.stringMatching(/^\d+$/),
    ]);
    expect(asked).toBeLessThanOrEqual(2);

    purged.length = 0;
    expect((await set(199)).status).toBe(200);
    const changed = await get(etag);
    expect([changed.status, await changed.json()]).toEqual([200, { sku: "heart", pence: 199 }]);
    await expect.poll(() => purged).toContain(key);

    const status = (await (await fetch(`${running.health}/status`)).json()) as {
      cache: { store: string; queries: Record<string, { hits: number }> };
    };
    expect(status.cache.store).toBe("redis");
    expect(status.cache.queries[shelf.price.id]!.hits).toBeGreaterThanOrEqual(2);
    expect(lines.join()).not.toMatch(/only-for-tests|s3cret/);
  } finally {
    await running.drain(2_000);
    cdn.closeAllConnections();
    await new Promise((resolve) => cdn.close(resolve));
    await server.dropAll(`${name.replaceAll("-", "_")}_`);
  }
});
