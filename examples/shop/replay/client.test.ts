import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { openClient } from "./client.ts";
import { contracts, orders } from "./contracts.ts";

/** A gateway that answers as it is told, once each. */
async function gateway(answers: readonly ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const seen: { method: string; url: string; key: unknown; authorization: unknown; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { "idempotency-key": key, authorization } = request.headers;
      seen.push({ method: request.method!, url: request.url!, key, authorization, body });
      answers[seen.length - 1]!(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = openClient({
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    contracts,
    connections: 2,
    signal: new AbortController().signal,
    patienceMs: 5_000,
  });
  return {
    seen,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const json = (status: number, body: object) => (_: IncomingMessage, response: ServerResponse) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

test("fields go into the path, the query or the body, by the contract's route", async () => {
  await using shop = await gateway([json(200, {}), json(200, {})]);
  await shop.client.ask(orders.returnLine, { orderId: "a/b", line: 1 }, { as: "dev:7", key: "k" });
  await shop.client.ask(orders.get, { orderId: "a", waitMs: 5 });
  expect(shop.seen).toEqual([
    {
      method: "POST",
      url: "/v1/orders/a%2Fb/lines/1/return",
      key: "k",
      authorization: "Bearer dev:7",
      body: "{}",
    },
    { method: "GET", url: "/v1/orders/a?waitMs=5", key: undefined, authorization: undefined, body: "" },
  ]);
});

test("what is refused for now, or breaks on the way, is asked again under the same key", async () => {
  await using shop = await gateway([
    json(409, { type: "/problems/in-progress" }),
    json(429, {}),
    json(503, {}),
    (request) => request.socket.destroy(),
    json(200, { orderId: "o" }),
  ]);
  const placed = await shop.client.ask(
    orders.place,
    { lines: [{ offerId: "x", quantity: 1 }] },
    { key: "k" },
  );
  expect(placed).toEqual({ orderId: "o" });
  expect(new Set(shop.seen.map(({ key, body }) => `${String(key)} ${body}`))).toEqual(
    new Set(['k {"lines":[{"offerId":"x","quantity":1}]}']),
  );
  expect(shop.seen.length).toBe(5);
});

test("a declared error is final, and tells its code", async () => {
  await using shop = await gateway([
    json(409, { type: "/problems/orders/NothingToReturn", detail: "nothing of it is left" }),
  ]);
  await expect(
    shop.client.ask(orders.requestReturn, { article: "A", quantity: 1 }, { as: "dev:7" }),
  ).rejects.toMatchObject({ name: "Refused", status: 409, code: "NothingToReturn" });
  expect(shop.seen.length).toBe(1);
});

test("a gateway that is gone is given up on after a while", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const client = openClient({
    origin: `http://127.0.0.1:${port}`,
    contracts,
    connections: 1,
    signal: new AbortController().signal,
    patienceMs: 200,
  });
  await expect(client.ask(orders.get, { orderId: "a" })).rejects.toMatchObject({ name: "Unreachable" });
  await client.close();
});
