import { developmentIdentity, startGateway, type Gateway } from "@kerf/gateway";
import { createLog, loadGraph, startUnit, type RunningUnit } from "@kerf/runtime";
import { testServer } from "@kerf/runtime/testing";
import { app as declareApp } from "kerf";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import app from "../kerf.config.ts";
import { address } from "./customers.ts";

let shop: RunningUnit;
let gateway: Gateway;

// The monolith with its edge, on databases of its own.
beforeAll(async () => {
  const name = `t${Date.now().toString(36)}${randomBytes(3).toString("hex")}`;
  const fresh = declareApp(name, { services: app.services, topologies: { monolith: { shop: "*" } } });
  const topology = fresh.topologies.get("monolith")!;
  const graph = await loadGraph(fresh);
  const log = createLog({ unit: "test", level: "silent" });
  shop = await startUnit({
    graph,
    topology,
    unit: topology.units[0]!,
    endpoints: new Map(),
    listen: undefined,
    server: await testServer(),
    log,
    settings: {},
  });
  gateway = await startGateway({
    contracts: [...graph.services.values()].map((node) => node.definition.contract),
    invoke: (call) => shop.invoke(call),
    watch: (call) => shop.watch(call),
    identify: developmentIdentity(),
    app: name,
    host: "127.0.0.1",
    port: 0,
    log,
    ready: () => shop.ready(),
  });
});

afterAll(async () => {
  await gateway?.drain(1_000);
  await shop?.drain();
});

/** `who` is `<id>` or `<id>:<role>`; a stranger where absent. */
async function ask(method: string, path: string, who?: string, body?: unknown) {
  const response = await fetch(`${gateway.url}/v1${path}`, {
    method,
    headers: {
      ...(who === undefined ? {} : { authorization: `Bearer dev:${who}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as any };
}

/** The answer when it has ended: a busy machine may need longer than one wait. */
async function ended(path: string, who: string | undefined, pending: string) {
  for (let tries = 0; ; tries++) {
    const found = await ask("GET", `${path}?waitMs=1500`, who);
    if (found.body.state !== pending || tries === 10) return found;
  }
}

const staff = "office:staff";
const oneHeart = { lines: [{ offerId: "KG1001-1", quantity: 1 }] };

test("the first thing that anybody tries answers: hearts, with what is needed to order one", async () => {
  const { status, body } = await ask("GET", "/products?search=heart");
  expect(status).toBe(200);
  expect(body.total).toBeGreaterThan(20);
  expect(body.products[0]).toMatchObject({ code: expect.any(String), offer: { pence: expect.any(Number) } });
});

test("an order is placed and followed by curl's means", async () => {
  const placed = await ask("POST", "/orders", "alice", oneHeart);
  expect(placed.status).toBe(200);
  const order = await ended(`/orders/${placed.body.orderId}`, "alice", "pending");
  expect(order.body).toMatchObject({ state: "confirmed", totalPence: 250 });
});

test("an order is followed until its checkout has ended, by whom it may be seen", async () => {
  const placed = await ask("POST", "/orders", "alice", oneHeart);
  const path = `/orders/${placed.body.orderId}/watch`;
  const follow = (who: string) =>
    fetch(`${gateway.url}/v1${path}`, { headers: { authorization: `Bearer dev:${who}` } });
  expect((await ask("GET", path, "ben")).status).toBe(404);
  const events = (await (await follow("alice")).text()).split("\n\n");
  const states = events.flatMap((event) => /^data: (\{"orderId".*)$/m.exec(event)?.[1] ?? []);
  expect(JSON.parse(states.at(-1)!)).toMatchObject({ state: "confirmed", totalPence: 250 });
  expect(events).toContain("event: end\ndata: {}");
});

test("a browser asks whether a product is still as it was, and sees a new price at once", async () => {
  const articles = [{ code: "KETTLE", name: "A kettle" }];
  expect((await ask("POST", "/articles/import", staff, { articles })).status).toBe(200);
  const offer = (pence: number) =>
    ask("POST", "/offers/import", staff, {
      offers: [{ offerId: `KETTLE-${pence}`, article: "KETTLE", pence }],
    });
  const look = (etag = '""') =>
    fetch(`${gateway.url}/v1/products/KETTLE`, { headers: { "if-none-match": etag } });
  await offer(900);
  const first = await look();
  expect(first.headers.get("cache-control")).toBe("public, max-age=0");
  const etag = first.headers.get("etag")!;
  expect((await look(etag)).status).toBe(304);
  await offer(800);
  const changed = await look(etag);
  expect([changed.status, ((await changed.json()) as any).offer.pence]).toEqual([200, 800]);
});

test("codes go in queries and paths as they are, spaces and all", async () => {
  const articles = [{ code: "BANK CHARGES", name: "Charges" }];
  expect((await ask("POST", "/articles/import", staff, { articles })).status).toBe(200);
  await ask("POST", "/stock/opening", staff, { items: [{ article: "BANK CHARGES", quantity: 4 }] });
  expect((await ask("GET", "/stock?article=BANK%20CHARGES")).body.available).toBe(4);
  expect((await ask("GET", "/products/BANK%20CHARGES")).body.name).toBe("Charges");
  expect((await ask("GET", "/products/bank%20charges")).status).toBe(404);
});

test("500 offers fit into one request", async () => {
  const codes = Array.from({ length: 500 }, (_, i) => `8512${i}`);
  const articles = codes.map((code) => ({ code, name: "WHITE HANGING HEART T-LIGHT HOLDER XX" }));
  expect((await ask("POST", "/articles/import", staff, { articles })).body).toEqual({ registered: 500 });
  const offers = codes.map((article) => ({ offerId: `${article}@255`, article, pence: 255 }));
  expect((await ask("POST", "/offers/import", staff, { offers })).body).toEqual({ registered: 500 });
});

test("a person sees their own orders, returns and profile only", async () => {
  const { body: order } = await ask("POST", "/orders", "alice", oneHeart);
  expect((await ask("GET", `/orders/${order.orderId}`, "ben")).status).toBe(404);
  expect((await ask("GET", `/orders/${order.orderId}`)).status).toBe(404);
  expect((await ask("GET", `/orders/${order.orderId}`, staff)).status).toBe(200);
  expect((await ask("GET", "/orders?customerId=alice", "ben")).status).toBe(403);
  expect((await ask("GET", "/orders?customerId=alice")).status).toBe(401);
  expect((await ask("GET", "/users/alice", "ben")).status).toBe(403);
  const own = await ask("GET", "/orders", "ben");
  expect(own.body.orders.filter((one: any) => one.customerId !== "ben")).toEqual([]);
  expect(
    (await ask("POST", "/returns", "ben", { customerId: "alice", article: "KG1001", quantity: 1 })).status,
  ).toBe(403);
  expect((await ask("POST", `/orders/${order.orderId}/lines/1/return`, "ben", {})).status).toBe(404);
});

test("a guest's order is for whoever holds its id", async () => {
  const { body: order } = await ask("POST", "/orders", undefined, { ...oneHeart, address });
  const found = await ended(`/orders/${order.orderId}`, undefined, "pending");
  expect(found.body).toMatchObject({ state: "confirmed", customerName: "Gil Guest" });
  expect(found.body.customerId).toBeUndefined();
});

test("only staff order for somebody else, and neither prices nor unknown fields come from a customer", async () => {
  expect((await ask("POST", "/orders", "ben", { ...oneHeart, customerId: "alice" })).status).toBe(403);
  const behalf = await ask("POST", "/orders", staff, { ...oneHeart, customerId: "alice" });
  expect(behalf.status).toBe(200);
  expect((await ask("GET", `/orders/${behalf.body.orderId}`, "alice")).body.customerId).toBe("alice");
  const priced = { lines: [{ offerId: "KG1001-1", quantity: 1, pence: 1 }] };
  const refused = await ask("POST", "/orders", "ben", priced);
  expect(refused.status).toBe(400);
  expect(JSON.stringify(refused.body)).toContain("lines");
});

test("the back office is for staff", async () => {
  for (const path of [
    "/order-decisions",
    "/stock/levels",
    "/stock/reservations",
    "/payments",
    "/ledger/trial-balance",
    "/ledger/entries",
    "/bank/log",
    "/shipments",
    "/return-parcels",
    "/outbox-mails",
    "/users",
  ]) {
    expect([path, (await ask("GET", path)).status]).toEqual([path, 401]);
    expect([path, (await ask("GET", path, "alice")).status]).toEqual([path, 403]);
    expect([path, (await ask("GET", path, staff)).status]).toEqual([path, 200]);
  }
  for (const path of [
    "/articles/import",
    "/offers/import",
    "/stock/opening",
    "/users/import",
    "/order-names/rebuild",
  ])
    expect([path, (await ask("POST", path, "alice", {})).status]).toEqual([path, 403]);
});

test("what no member offers outside cannot be reached", async () => {
  const { body: order } = await ask("POST", "/orders", "alice", oneHeart);
  expect((await ask("POST", `/orders/${order.orderId}/confirm`, staff, {})).status).toBe(404);
});

test("a return by HTTP is answered when money and goods are back", async () => {
  const { body: order } = await ask("POST", "/orders", "carla", { ...oneHeart, address });
  await ended(`/orders/${order.orderId}`, "carla", "pending");
  const { body: asked } = await ask("POST", "/returns", "carla", { article: "KG1001", quantity: 1 });
  const back = await ended(`/returns/${asked.returnId}`, "carla", "requested");
  expect(back.body).toMatchObject({ state: "completed", pence: 250 });
  const again = await ask("POST", "/returns", "carla", { article: "KG1001", quantity: 1 });
  expect(again.body).toMatchObject({ code: "NothingToReturn", data: { left: 0 } });
});
