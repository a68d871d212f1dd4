/** A service that knew one version, and the same that serves two: on one database, one after the other and side by side. */
import { createLog, loadGraph, newTrace, startUnit, type RunningUnit } from "@kerf/runtime";
import { freshName, testServer, type TestServer } from "@kerf/runtime/testing";
import { app, DeclaredError, type AnyCommand, type LoadService } from "kerf";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { catalog, catalogV1 } from "./contract-versions/catalog/contract.ts";

const name = freshName("u");
const log = createLog({ unit: "test", level: "silent" });
const running: RunningUnit[] = [];
let server: TestServer;
let before: RunningUnit;
let after: RunningUnit;

async function start(load: LoadService): Promise<RunningUnit> {
  const declared = app(name.replaceAll("_", "-"), {
    services: { catalog: load },
    topologies: { one: { all: "*" } },
  });
  const topology = declared.topologies.get("one")!;
  const unit = await startUnit({
    graph: await loadGraph(declared),
    topology,
    unit: topology.units[0]!,
    endpoints: new Map(),
    listen: undefined,
    server,
    log,
    settings: {},
    timing: { pollMs: 200, leaseMs: 2_000, drainMs: 3_000 },
  });
  running.push(unit);
  return unit;
}

/** As a client that repeats with its key. */
function order(unit: RunningUnit, member: AnyCommand, input: object, id: string): Promise<unknown> {
  return unit
    .callAs("catalog", {
      member,
      input,
      id,
      deadlineAt: Date.now() + 10_000,
      actor: undefined,
      traceparent: newTrace(),
      signal: new AbortController().signal,
    })
    .catch((error: unknown) =>
      error instanceof DeclaredError ? { refused: error.code, data: error.data } : error,
    );
}

async function rows(query: string): Promise<any[]> {
  const [url] = (await server.provision([`${name}_catalog`])).values();
  const sql = postgres(url!, { max: 1, fetch_types: false });
  return await sql.unsafe(query).finally(() => sql.end());
}

beforeAll(async () => {
  server = await testServer();
  before = await start(() => import("./contract-versions/catalog-before.ts"));
  after = await start(() => import("./contract-versions/catalog/service.ts"));
});
afterAll(async () => {
  await Promise.all(running.map((unit) => unit.drain()));
  await server?.dropAll(`${name}_`);
});

test("an order that was carried out before the service was brought up to date is not carried out again", async () => {
  const lamp = { sku: "lamp", name: "Lamp", pence: 250 };
  expect(await order(before, catalogV1.add, lamp, "o1")).toEqual({ sku: "lamp" });
  expect(await order(after, catalogV1.add, lamp, "o1")).toEqual({ sku: "lamp" });
  expect(await order(after, catalogV1.add, { ...lamp, pence: 1 }, "o1")).toMatchObject({
    code: "FAILED_PRECONDITION",
  });
});

test("so is one of the new build that an old one is asked about, refusals too", async () => {
  const clock = { sku: "clock", name: "Clock", pence: 900 };
  expect(await order(after, catalogV1.add, clock, "o2")).toEqual({ sku: "clock" });
  expect(await order(before, catalogV1.add, clock, "o2")).toEqual({ sku: "clock" });
  const refused = { refused: "Exists", data: { sku: "clock" } };
  expect(await order(after, catalogV1.add, { ...clock, pence: 1 }, "o3")).toEqual(refused);
  expect(await order(before, catalogV1.add, { ...clock, pence: 1 }, "o3")).toEqual(refused);
});

test("the same id is another order for each version", async () => {
  const radio = { sku: "radio", title: "Radio", price: { amount: 5, currency: "EUR" } };
  expect(await order(after, catalog.add, radio, "o1")).toEqual({ sku: "radio" });
  expect(await rows("select count(*)::int as n from items")).toEqual([{ n: 3 }]);
});

test("the new build says that it hears orders to both, so that an old one leaves to it what it does not know", async () => {
  const heard = (await rows("select to_json(types) as types from kerf.hears")).map(({ types }) =>
    (types as string[]).toSorted(),
  );
  expect(heard.toSorted((a, b) => a.length - b.length)).toEqual([
    ["catalog@1.add"],
    ["catalog@1.add", "catalog@2.add"],
  ]);
});
