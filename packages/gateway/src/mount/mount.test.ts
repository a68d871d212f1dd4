import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import fastify from "fastify";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { identifyByName, inventory, inventoryService, shelves } from "../../test/inventory.ts";
import { clientOf } from "../../test/client.ts";
import { exchange } from "../../test/raw.ts";
import type { GatewayOptions } from "../options.ts";
import { expressMiddleware, fastifyPlugin } from "./frameworks.ts";
import { mountGateway, type MountedGateway } from "./mount.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function mount(options: Partial<GatewayOptions> = {}): Promise<MountedGateway> {
  const gateway = await mountGateway({
    contracts: [inventory, shelves],
    invoke: inventoryService,
    identify: identifyByName,
    app: "shop",
    host: "127.0.0.1",
    port: 0,
    log: pino({ level: "silent" }),
    ready: () => true,
    ...options,
  });
  closing.push(() => gateway.drain(0));
  return gateway;
}

/** An Express application with Kerf below /shop, and things of its own below and beside it. */
async function expressWith(
  gateway: MountedGateway,
  before = express.raw({ type: "nothing" }),
): Promise<string> {
  const app = express();
  app.use(before);
  app.use("/shop", expressMiddleware(gateway));
  app.use(express.json());
  app.post("/own", (request, response) => void response.json({ got: request.body as unknown }));
  app.post("/shop/v1/stock/7", (request, response) => void response.json({ own: request.body as unknown }));
  app.use(((error, _request, response, _next) => {
    response.status(500).json({ error: (error as Error).message });
  }) as express.ErrorRequestHandler);
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function fastifyWith(gateway: MountedGateway): Promise<string> {
  const app = fastify();
  await app.register(fastifyPlugin(gateway), { prefix: "/shop" });
  app.post("/own", (request, reply) => reply.send({ got: request.body }));
  app.post("/shop/v1/stock/:sku", (request, reply) => reply.send({ own: request.body }));
  closing.push(() => app.close());
  return await app.listen({ host: "127.0.0.1", port: 0 });
}

describe.each([
  ["Express", expressWith],
  ["Fastify", fastifyWith],
] as const)("inside of %s", (_name, host) => {
  it("answers its routes below the prefix, as it does by itself", async () => {
    const url = await host(await mount());
    const { ask, send } = clientOf(() => url);
    expect((await ask("/shop/v1/stock/7?x")).status).toBe(400);
    expect((await ask("/shop/v1/stock/7")).body).toEqual({ sku: "7", left: 7 });
    expect((await ask("/shop/readyz")).body).toEqual({ status: "ready" });
    expect((await ask("/shop/openapi.json")).body).toMatchObject({ info: { title: "shop" } });
    const body = { orderId: "1", lines: [{ sku: "7", quantity: 9 }] };
    expect((await send("POST", "/shop/v1/reservations", body)).status).toBe(401);
    const refused = await send("POST", "/shop/v1/reservations", body, { authorization: "Bearer ann" });
    expect([refused.status, refused.body.code]).toEqual([409, "OutOfStock"]);
    expect(refused.headers.get("idempotency-key")).toBeTruthy();
    expect((await fetch(`${url}/shop/v1/stock/7`, { method: "HEAD" })).status).toBe(200);
    const large = await send("POST", "/shop/v1/imports", { labels: { a: "x".repeat(110_000) } });
    expect(large.status).toBe(413);
  });

  it("leaves everything else to the application", async () => {
    const url = await host(await mount());
    const { send } = clientOf(() => url);
    expect((await send("POST", "/own", { a: 1 })).body).toEqual({ got: { a: 1 } });
    expect((await send("POST", "/shop/v1/stock/7", { a: 1 })).body).toEqual({ own: { a: 1 } });
    const missing = await fetch(`${url}/shop/v1/other`);
    expect(missing.status).toBe(404);
    expect(await missing.text()).not.toContain("/problems/");
    expect((await fetch(`${url}/v1/stock/7`)).status).toBe(404);
  });

  it("looks at requests as closely as by itself", async () => {
    const url = await host(await mount());
    const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    for (const target of ["/shop/v1/stock/a%2fb", "/shop/v1/stock/%2e%2e", "/shop/v1/stock/a%00"])
      expect([target, (await exchange(url, get(target))).statuses]).toEqual([target, [400]]);
  });

  it("finishes what is under way when it drains", async () => {
    const held = Promise.withResolvers<unknown>();
    const called = Promise.withResolvers<void>();
    const gateway = await mount({
      invoke: () => {
        called.resolve();
        return held.promise;
      },
    });
    const url = await host(gateway);
    const answer = fetch(`${url}/shop/v1/stock/7`);
    await called.promise;
    const drained = gateway.drain(5_000);
    expect((await fetch(`${url}/shop/readyz`)).status).toBe(503);
    held.resolve({ sku: "7", left: 1 });
    expect(await (await answer).json()).toEqual({ sku: "7", left: 1 });
    await drained;
  });

  it("cuts what is not finished in time", async () => {
    const called = Promise.withResolvers<void>();
    const gateway = await mount({
      invoke: () => {
        called.resolve();
        return new Promise(() => {});
      },
    });
    const url = await host(gateway);
    const answer = fetch(`${url}/shop/v1/stock/7`).then(
      () => "answered",
      () => "cut",
    );
    await called.promise;
    await gateway.drain(50);
    expect(await answer).toBe("cut");
  });
});

it("says so where something has read the body before", async () => {
  const url = await expressWith(await mount(), express.json());
  const answer = await fetch(`${url}/shop/v1/imports`, {
    method: "POST",
    body: '{"labels":{}}',
    headers: { "content-type": "application/json" },
  });
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({
    error: expect.stringContaining("mount Kerf before") as string,
  });
});
