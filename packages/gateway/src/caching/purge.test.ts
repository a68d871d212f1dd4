import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openPurger, type Purger } from "./purge.ts";
import { surrogateKeyOf } from "./surrogate.ts";

const until = (is: () => boolean | Promise<boolean>) => vi.waitUntil(is, { timeout: 5_000, interval: 5 });

interface Told {
  readonly headers: IncomingMessage["headers"];
  readonly keys: readonly string[];
}

let told: Told[];
let status: number;
let lines: string[];
let server: Server;
const open: Purger[] = [];

beforeEach(async () => {
  [told, status, lines] = [[], 200, []];
  server = createServer(async (request, response) => {
    const { tags } = JSON.parse(await text(request)) as { tags: string[] };
    told.push({ headers: request.headers, keys: tags });
    response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  for (const purger of open.splice(0)) await purger.close(0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function purgerOf(options: { token?: string; tokenHeader?: string } = {}): Purger {
  const { port } = server.address() as AddressInfo;
  const purger = openPurger({
    url: new URL(`http://127.0.0.1:${port}/purge`),
    token: options.token,
    tokenHeader: options.tokenHeader,
    log: pino({}, { write: (line: string) => void lines.push(line) }),
    pauseMs: 20,
  });
  open.push(purger);
  return purger;
}

const tag = (sku: string): string => `shelf@1.price|0|["${sku}"]`;

test("tells what is old by its keys, what comes together in one request", async () => {
  const purger = purgerOf({ token: "s3cret" });
  purger.purge([tag("a")]);
  purger.purge([tag("a"), tag("b"), "shelf@1.price|"]);
  await until(() => purger.waiting === 0);
  expect(told).toHaveLength(1);
  const keys = [surrogateKeyOf(tag("a")), surrogateKeyOf(tag("b")), "shelf@1.price"];
  expect(told[0]!.keys).toEqual(keys);
  expect(told[0]!.headers["surrogate-key"]).toBe(keys.join(" "));
  expect(told[0]!.headers.authorization).toBe("Bearer s3cret");
});

test("gives the token in the header that the CDN wants", async () => {
  const purger = purgerOf({ token: "s3cret", tokenHeader: "fastly-key" });
  purger.purge([tag("a")]);
  await until(() => told.length === 1);
  expect(told[0]!.headers).toMatchObject({ "fastly-key": "s3cret" });
  expect(told[0]!.headers.authorization).toBe(undefined);
});

test("sends no more keys at once than every CDN takes", async () => {
  const purger = purgerOf();
  purger.purge(Array.from({ length: 100 }, (_, i) => tag(String(i))));
  await until(() => purger.waiting === 0 && told.length === 4);
  expect(told.map(({ keys }) => keys.length)).toEqual([30, 30, 30, 10]);
});

test("tries until it worked, and says once that it does not", async () => {
  status = 503;
  const purger = purgerOf({ token: "s3cret" });
  purger.purge([tag("a")]);
  await until(() => told.length >= 3);
  expect(purger.waiting).toBeLessThanOrEqual(1);
  status = 204;
  await until(() => told.at(-1) !== undefined && lines.length === 2);
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    expect.stringContaining("could not be told"),
    expect.stringContaining("told again"),
  ]);
  expect(lines.join()).not.toContain("s3cret");
});

test("follows no redirect with its token", async () => {
  status = 302;
  const purger = purgerOf({ token: "s3cret" });
  purger.purge([tag("a")]);
  await until(() => told.length >= 2);
  expect(lines.join()).toContain("it answered 302");
});

test("tells the rest when it is closed, for so long only", async () => {
  const purger = purgerOf();
  purger.purge([tag("a")]);
  await purger.close(2_000);
  expect(told).toHaveLength(1);
  status = 500;
  const stuck = purgerOf();
  stuck.purge([tag("b")]);
  const from = performance.now();
  await stuck.close(200);
  expect(performance.now() - from).toBeLessThan(1_500);
});

test("keys say nothing of what was asked", () => {
  expect(surrogateKeyOf(tag("secret"))).toMatch(/^shelf@1\.price-[\w-]{16}$/);
  expect(surrogateKeyOf(tag("a"))).not.toBe(surrogateKeyOf(tag("b")));
});
