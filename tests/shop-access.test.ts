import { developmentIdentity, startGateway, type Gateway } from "@kerf/gateway";
import { connect, GrpcError, raw, type Channel } from "@kerf/grpc";
import { contractsOf, createLog, loadGraph, newTrace, startUnit, type RunningUnit } from "@kerf/runtime";
import { callTokens, type Bearer } from "@kerf/runtime/authority";
import { codec, protoOf } from "@kerf/runtime/proto";
import { testServer } from "@kerf/runtime/testing";
import { app as declareApp, type Actor, type AnyContract, type AnyQuery } from "kerf";
import { randomBytes } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import app from "../examples/shop/kerf.config.ts";
import { orders } from "../examples/shop/services/orders/contract.ts";
import { storefront } from "../examples/shop/services/storefront/contract.ts";
import { users } from "../examples/shop/services/users/contract.ts";

const secret = randomBytes(32).toString("hex");
const name = `t${Date.now().toString(36)}${randomBytes(3).toString("hex")}`;
const lines: string[] = [];
const log = createLog({
  unit: "test",
  level: "info",
  destination: { write: (line) => void lines.push(line) },
});

let front: RunningUnit;
let back: RunningUnit;
let gateway: Gateway;
let orderId: string;

const alice: Actor = { id: "alice", roles: [] };
const mallory: Actor = { id: "mallory", roles: [] };
const office: Actor = { id: "office", roles: ["staff"] };

// The shop in two units that know each other by gRPC, the edge in the one and the orders in the other.
beforeAll(async () => {
  const fresh = declareApp(name, {
    services: app.services,
    topologies: { split: { front: ["gateway", "storefront"], back: "*" } },
  });
  const topology = fresh.topologies.get("split")!;
  const graph = await loadGraph(fresh);
  const ports = [await freePort(), await freePort()];
  const endpoints = new Map(topology.units.map((unit, i) => [unit.name, `127.0.0.1:${ports[i]}`]));
  const server = await testServer();
  const settings = { KERF_UNIT_SECRET: secret };
  const [first, second] = await Promise.all(
    topology.units.map((unit, i) =>
      startUnit({
        graph,
        topology,
        unit,
        endpoints,
        server,
        log,
        settings,
        listen: { host: "127.0.0.1", port: ports[i]! },
      }),
    ),
  );
  front = first!;
  back = second!;
  gateway = await startGateway({
    contracts: contractsOf(graph),
    invoke: (call) => front.invoke(call),
    identify: developmentIdentity(),
    app: name,
    host: "127.0.0.1",
    port: 0,
    log,
    ready: () => front.ready(),
  });
  const placed = await ask("POST", "/orders", "alice", { lines: [{ offerId: "KG1001-1", quantity: 1 }] });
  ({ orderId } = placed.body);
  expect(placed.status).toBe(200);
}, 60_000);
afterAll(async () => {
  await gateway?.drain(1_000);
  await Promise.all([front?.drain(), back?.drain()]);
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function ask(method: string, path: string, who?: string, body?: unknown) {
  const response = await fetch(`${gateway.url}/v1${path}`, {
    method,
    headers: {
      ...(who === undefined ? {} : { authorization: `Bearer dev:${who}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const type = response.headers.get("content-type");
  return { status: response.status, type, body: (await response.json()) as any };
}

describe("at the edge", () => {
  test.each<[string, string, string | undefined, unknown, number]>([
    ["GET", "/orders?customerId=alice", "mallory", undefined, 403],
    ["GET", "/orders?customerId=alice", undefined, undefined, 401],
    ["GET", "/orders?customerId=alice&customerId=mallory", "mallory", undefined, 400],
    ["GET", "/users/alice", "mallory", undefined, 403],
    ["GET", "/users/%61lice", "mallory", undefined, 403],
    ["POST", "/returns", "mallory", { customerId: "alice", article: "KG1001", quantity: 1 }, 403],
    ["GET", "/order-decisions", "mallory", undefined, 403],
    // What is not in the contract does not get in, wherever it stands.
    ["POST", "/orders", "mallory", { lines: [{ offerId: "KG1001-1", quantity: 1, pence: 1 }] }, 400],
    ["POST", "/orders", "mallory", { lines: [{ offerId: "KG1001-1", quantity: 1 }], roles: ["staff"] }, 400],
    [
      "POST",
      "/orders",
      "mallory",
      { lines: [{ offerId: "KG1001-1", quantity: 1 }], state: "confirmed" },
      400,
    ],
    ["POST", "/orders?actor=alice", "mallory", { lines: [{ offerId: "KG1001-1", quantity: 1 }] }, 400],
    [
      "POST",
      "/orders",
      "mallory",
      { lines: [{ offerId: "KG1001-1", quantity: 1 }], customerId: "alice" },
      403,
    ],
  ])("%s %s as %s is refused", async (method, path, who, body, status) => {
    const answer = await ask(method, path, who, body);
    expect([answer.status, answer.type]).toEqual([status, "application/problem+json; charset=utf-8"]);
  });

  test("an order of somebody else is not there", async () => {
    expect((await ask("GET", `/orders/${orderId}`, "mallory")).status).toBe(404);
    expect((await ask("POST", `/orders/${orderId}/lines/1/return`, "mallory", {})).status).toBe(404);
    expect((await ask("GET", `/orders/${orderId}`, "alice")).status).toBe(200);
  });
});

describe("behind the edge, where nothing was checked before", () => {
  const call = (member: AnyQuery, input: unknown, actor: Actor | undefined, unit = front): Promise<unknown> =>
    unit.invoke({
      member,
      input,
      actor,
      id: undefined,
      traceparent: newTrace(),
      deadlineAt: Date.now() + 5_000,
      signal: new AbortController().signal,
    });

  test.each<["front" | "back"]>([["front"], ["back"]])(
    "the unit that is called asks again, from %s",
    async (from) => {
      const unit = from === "front" ? front : back;
      const list = { customerId: "alice" };
      await expect(call(orders.list, list, mallory, unit)).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
      });
      await expect(call(orders.list, list, undefined, unit)).rejects.toMatchObject({
        code: "UNAUTHENTICATED",
      });
      await expect(call(orders.decisions, {}, alice, unit)).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
      });
      await expect(
        call(orders.returnLine as never, { orderId, line: 1 }, undefined, unit),
      ).rejects.toMatchObject({
        code: "UNAUTHENTICATED",
      });
      // No route leads there.
      await expect(call(users.addressOf, { userId: "alice" }, office, unit)).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
      });
      expect(await call(orders.list, list, alice, unit)).toMatchObject({ orders: [{ customerId: "alice" }] });
      expect(await call(orders.decisions, {}, office, unit)).toHaveProperty("decisions");
    },
  );

  test("a service that is asked for a person asks others for that person", async () => {
    const page = (await call(storefront.accountPage, {}, alice)) as { orders: unknown[]; parts: object };
    expect(page.parts).toMatchObject({ orders: "ok", returns: "ok", mails: "ok" });
    expect(page.orders).toHaveLength(1);
    expect(await call(storefront.accountPage, {}, mallory)).toMatchObject({ orders: [] });
  });
});

describe("straight at the port of the unit", () => {
  let channel: Channel;
  beforeAll(() => {
    channel = connect(back.address!);
  });
  afterAll(() => channel.close({ graceMs: 0 }));

  /** The number of the gRPC status that a stock client gets: 0 where it is let in. */
  async function statusOf(
    contract: AnyContract,
    member: AnyQuery,
    input: unknown,
    metadata: Record<string, string>,
  ): Promise<number> {
    const { method, request } = codec(protoOf(contract)).methods.get(member.id)!;
    const path = { kind: "unary", input: raw, output: raw, path: method.path } as const;
    const asked = channel.unary(path, request.encode(input), { timeoutMs: 5_000, metadata });
    return await asked.then(
      () => 0,
      (error: unknown) => (error as GrpcError).code,
    );
  }
  const list = (metadata: Record<string, string>): Promise<number> =>
    statusOf(orders, orders.list, { customerId: "alice" }, metadata);
  const edge = (actor: Actor): Bearer => ({ caller: undefined, actor, via: "gateway" });
  const token = (
    tokens: { mint(callee: string, bearer: Bearer): string },
    callee: string,
    bearer: Bearer,
  ) => ({
    "kerf-token": tokens.mint(callee, bearer),
  });
  const [denied, unauthenticated] = [7, 16];

  test("strangers get what is public, whatever they say of themselves", async () => {
    const claims = {
      "kerf-caller": "storefront",
      "kerf-via": "gateway",
      "kerf-actor": Buffer.from(JSON.stringify(office)).toString("base64url"),
      "kerf-unit-secret": "",
      authorization: "Bearer dev:office:staff",
    };
    expect(await list({})).toBe(denied);
    expect(await list(claims)).toBe(denied);
    expect(await statusOf(orders, orders.decisions, {}, claims)).toBe(denied);
  });

  test("tokens of others, of another app, for other services or after their time are none", async () => {
    const own = callTokens(secret, name);
    const late = callTokens(secret, name, () => Date.now() - 91_000);
    for (const metadata of [
      token(callTokens(randomBytes(32).toString("hex"), name), "orders", edge(alice)),
      token(callTokens(secret, "another"), "orders", edge(alice)),
      token(callTokens("", name), "orders", edge(alice)),
      token(own, "users", edge(alice)),
      token(late, "orders", edge(alice)),
      { "kerf-token": "" },
      { "kerf-token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9." },
    ])
      expect(await list(metadata)).toBe(unauthenticated);
  });

  test("a token for mallory is no token for what is alice's, and one for alice is", async () => {
    const own = callTokens(secret, name);
    expect(await list(token(own, "orders", edge(mallory)))).toBe(denied);
    expect(await list(token(own, "orders", edge(alice)))).toBe(0);
  });

  test("a service that the graph does not let call is refused, for whomever it calls", async () => {
    const own = callTokens(secret, name);
    const of = (caller: string): Bearer => ({ caller, actor: office, via: "call" });
    expect(await list(token(own, "orders", of("catalog")))).toBe(denied);
    expect(await list(token(own, "orders", of("storefront")))).toBe(0);
  });
});

test("no token and no secret is in any line of the log", () => {
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join("")).not.toContain(secret);
  expect(lines.join("")).not.toMatch(/eyJ[\w-]+\.[\w-]+/);
});
