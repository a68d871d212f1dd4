import { connect, raw } from "@kerf/grpc";
import { openapi, startGateway, type Gateway } from "@kerf/gateway";
import { contractsOf, createLog, loadGraph, startUnit, type Graph, type RunningUnit } from "@kerf/runtime";
import { codec, emptyLock, protoOf, updateLock } from "@kerf/runtime/proto";
import { testServer } from "@kerf/runtime/testing";
import { successors } from "@kerf/runtime/versions";
import { app as declareApp, contract, query, service } from "kerf";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import app from "./contract-versions/app.ts";
import { catalogV1 } from "./contract-versions/catalog/contract.ts";

let graph: Graph;
let unit: RunningUnit;
let gateway: Gateway;

beforeAll(async () => {
  const name = `t${Date.now().toString(36)}${randomBytes(3).toString("hex")}`;
  const fresh = declareApp(name, { services: app.services, topologies: { monolith: { shop: "*" } } });
  const topology = fresh.topologies.get("monolith")!;
  graph = await loadGraph(fresh);
  const log = createLog({ unit: "test", level: "silent" });
  const listen = { host: "127.0.0.1", port: 0 };
  const server = await testServer();
  const settings = { KERF_UNIT_SECRET: randomBytes(32).toString("hex") };
  unit = await startUnit({
    graph,
    topology,
    unit: topology.units[0]!,
    endpoints: new Map(),
    listen,
    server,
    log,
    settings,
  });
  gateway = await startGateway({
    contracts: contractsOf(graph),
    successors: successors(graph),
    invoke: (call) => unit.invoke(call),
    app: name,
    ...listen,
    log,
    ready: () => unit.ready(),
  });
});
afterAll(async () => {
  await gateway?.drain(1_000);
  await unit?.drain();
});

async function ask(method: string, path: string, body?: unknown, key?: string) {
  const response = await fetch(gateway.url + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as any };
}

test("both versions are served over HTTP, each in its form", async () => {
  const lamp = { sku: "lamp", name: "Lamp", pence: 250 };
  expect((await ask("POST", "/v1/products", lamp, "a")).status).toBe(200);
  expect((await ask("POST", "/v1/products", lamp, "a")).status).toBe(200);
  expect((await ask("GET", "/v2/items/lamp")).body).toMatchObject({ title: "Lamp", price: { amount: 250 } });
  expect((await ask("GET", "/v1/products/lamp")).body).toEqual(lamp);
  expect((await ask("GET", "/v1/items/lamp")).status).toBe(404);
  const missing = await ask("GET", "/v1/products/none");
  expect(missing).toMatchObject({ status: 409, body: { code: "NoSuchProduct", data: { sku: "none" } } });
});

test("what the old version allowed and that of today does not, is the caller's to mend", async () => {
  const found = await ask("POST", "/v1/products", { sku: "x", name: "forbidden", pence: 1 });
  expect(found).toMatchObject({ status: 403 });
});

test("both stand in OpenAPI", () => {
  const { paths } = openapi(contractsOf(graph), { title: "shelves" }) as { paths: object };
  expect(Object.keys(paths).toSorted()).toEqual([
    "/v1/count",
    "/v1/products",
    "/v1/products/{sku}",
    "/v1/products/{sku}/prices",
    "/v2/count",
    "/v2/items",
    "/v2/items/{sku}",
    "/v2/items/{sku}/prices",
  ]);
});

test("both are served over gRPC, to anybody where they are public", async () => {
  const method = codec(protoOf(catalogV1)).methods.get(catalogV1.count.id)!;
  const channel = connect(unit.address!);
  const reply = await channel.unary(
    { kind: "unary", input: raw, output: raw, path: method.method.path },
    method.request.encode({}),
    { timeoutMs: 5_000 },
  );
  await channel.close({ graceMs: 0 });
  expect(method.method.path).toBe("/kerf.catalog.v1.Catalog/Count");
  expect(method.response.decode(reply)).toEqual({ products: 1 });
});

test("the lock file knows both", () => {
  const { lock, refused } = updateLock(emptyLock, contractsOf(graph));
  expect([Object.keys(lock.contracts), refused]).toEqual([["catalog@2", "catalog@1", "shelf@1"], []]);
});

test("who reacts to what is not stated any more does not start, and is told why", async () => {
  const { on } = await import("kerf");
  const late = contract("late", { version: 1, ask: query({ output: z.object({}) }) });
  const database = { migrations: new URL("./contract-versions/shelf/migrations/", import.meta.url) };
  const reacts = service(
    late,
    { database },
    { handle: { ask: async () => ({}) }, react: [on(catalogV1.renamed, async () => {})] },
  );
  const all = { ...app.services, late: async () => ({ default: reacts }) };
  await expect(
    loadGraph(declareApp("late", { services: all, topologies: { one: { all: "*" } } })),
  ).rejects.toThrow(
    "service(late).react: catalog@1.renamed is not stated any more: a title belongs to its item for good. React to an event of catalog@2.",
  );
});
