import { openRedis, type Redis } from "@kerf/runtime/redis";
import { testRedis, withoutRedis, type TestRedis } from "@kerf/runtime/redis/testing";
import { command, contract, query, type Limit } from "kerf";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "../../test/client.ts";
import { identifyByName, startInventory } from "../../test/inventory.ts";
import type { Gateway, GatewayOptions } from "../index.ts";

const open: Gateway[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.drain(0)));
});

async function start(options: Partial<GatewayOptions>) {
  const gateway = await startInventory(options);
  open.push(gateway);
  return clientOf(() => gateway.url);
}
const as = (who: string) => ({ headers: { authorization: `Bearer ${who}` } });
const from = (address: string) => ({ headers: { "x-forwarded-for": address } });

function limited(limit: Limit) {
  const access = "public" as const;
  return contract("limited", {
    version: 1,
    counted: query({ http: "GET /counted", access, limit }),
    ordered: command({ http: "POST /counted", access, limit }),
    free: query({ http: "GET /free", access }),
    never: query({ http: "GET /never", access, limit: "none" }),
  });
}

describe("a limit of a member", () => {
  it("is answered with 429 when it is used up, and says so before", async () => {
    const { ask } = await start({ contracts: [limited({ rate: "3/m" })] });
    const remaining: (string | null)[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { status, headers } = await ask("/v1/counted");
      expect(status).toBe(200);
      expect(headers.get("ratelimit-policy")).toBe('"limited@1.counted";q=3;w=60');
      remaining.push(headers.get("ratelimit"));
    }
    expect(remaining.map((field) => field?.replace(/t=(59|60)$/, "t=…"))).toEqual([
      '"limited@1.counted";r=2;t=…',
      '"limited@1.counted";r=1;t=…',
      '"limited@1.counted";r=0;t=…',
    ]);
    const { status, headers, body } = await ask("/v1/counted");
    expect(status).toBe(429);
    expect(body).toMatchObject({
      type: "/problems/too-many-requests",
      detail: "More than 3 requests within 60 s. Wait for the time in Retry-After.",
      "violated-policies": ["limited@1.counted"],
    });
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(headers.get("ratelimit")).toMatch(/^"limited@1\.counted";r=0;t=(59|60)$/);
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(59);
    expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
  });

  it("is that member's alone, and of each caller", async () => {
    const { ask, send } = await start({ contracts: [limited({ rate: "1/m" })] });
    expect((await ask("/v1/counted")).status).toBe(200);
    expect((await ask("/v1/counted")).status).toBe(429);
    expect((await ask("/v1/counted", as("ann"))).status).toBe(200);
    expect((await ask("/v1/counted", as("ann"))).status).toBe(429);
    expect((await ask("/v1/counted", as("bob"))).status).toBe(200);
    expect((await send("POST", "/v1/counted", {})).status).toBe(200);
    for (let i = 0; i < 3; i += 1) expect((await ask("/v1/free")).status).toBe(200);
    expect((await ask("/v1/free")).headers.get("ratelimit")).toBeNull();
  });

  it("holds what comes together and what is sustained", async () => {
    const { ask } = await start({ contracts: [limited({ rate: "4/m", burst: "2/s" })] });
    const { headers } = await ask("/v1/counted");
    expect(headers.get("ratelimit-policy")).toBe(
      '"limited@1.counted-burst";q=2;w=1, "limited@1.counted";q=4;w=60',
    );
    expect(headers.get("ratelimit")).toMatch(
      /^"limited@1\.counted-burst";r=1;t=1, "limited@1\.counted";r=3;t=/,
    );
    expect((await ask("/v1/counted")).status).toBe(200);
    const burst = await ask("/v1/counted");
    expect([burst.status, burst.body["violated-policies"]]).toEqual([429, ["limited@1.counted-burst"]]);
    expect(burst.headers.get("retry-after")).toBe("1");
    await until(async () => {
      const { status, body } = await ask("/v1/counted");
      return status === 429 && body["violated-policies"].join() === "limited@1.counted";
    });
  });

  it("is not reached by who may not ask at all", async () => {
    const closed = contract("closed", {
      version: 1,
      own: query({ http: "GET /own", access: "user", limit: { rate: "1/m" } }),
    });
    const { ask } = await start({ contracts: [closed] });
    for (let i = 0; i < 3; i += 1) expect((await ask("/v1/own")).status).toBe(401);
    expect((await ask("/v1/own", as("ann"))).status).toBe(200);
  });
});

describe("a limit of the app", () => {
  it("counts a caller's requests to all members together, but for those that are taken out", async () => {
    const { ask } = await start({
      contracts: [limited({ rate: "5/m" })],
      rateLimits: { strangers: { rate: "3/m" }, known: { rate: "4/m" } },
    });
    expect((await ask("/v1/free")).headers.get("ratelimit-policy")).toBe('"strangers";q=3;w=60');
    expect((await ask("/v1/counted")).headers.get("ratelimit-policy")).toBe(
      '"limited@1.counted";q=5;w=60, "strangers";q=3;w=60',
    );
    expect((await ask("/v1/free")).status).toBe(200);
    expect((await ask("/v1/counted")).body["violated-policies"]).toEqual(["strangers"]);
    expect((await ask("/v1/never")).status).toBe(200);
    expect((await ask("/v1/free", as("ann"))).headers.get("ratelimit-policy")).toBe('"known";q=4;w=60');
  });

  it("holds for strangers by itself wherever others than this machine come in", async () => {
    const policyOf = async (options: Partial<GatewayOptions>) =>
      (await (await start(options)).ask("/v1/stock/1")).headers.get("ratelimit-policy");
    const standard = '"strangers-burst";q=200;w=1, "strangers";q=3000;w=60';
    expect(await policyOf({ host: "127.0.0.1" })).toBeNull();
    expect(await policyOf({ host: "0.0.0.0" })).toBe(standard);
    expect(await policyOf({ host: "127.0.0.1", trustedProxies: 1 })).toBe(standard);
    expect(await policyOf({ host: "0.0.0.0", rateLimits: { strangers: "none" } })).toBeNull();
    expect(await policyOf({ host: "0.0.0.0", rateLimits: { known: { rate: "9/s" } } })).toBe(standard);
  });

  it("tells strangers apart by the address that a trusted proxy names", async () => {
    const { ask } = await start({ trustedProxies: 1, rateLimits: { strangers: { rate: "1/m" } } });
    expect((await ask("/v1/stock/1", from("203.0.113.7"))).status).toBe(200);
    expect((await ask("/v1/stock/1", from("198.51.100.1, 203.0.113.7"))).status).toBe(429);
    expect((await ask("/v1/stock/1", from("203.0.113.8"))).status).toBe(200);
    expect((await ask("/v1/stock/1", from("2001:db8::1"))).status).toBe(200);
    expect((await ask("/v1/stock/1", from("2001:db8::2"))).status).toBe(429);
  });

  it("is not escaped by an address that nobody vouches for", async () => {
    const { ask } = await start({ rateLimits: { strangers: { rate: "1/m" } } });
    expect((await ask("/v1/stock/1", from("203.0.113.7"))).status).toBe(200);
    expect((await ask("/v1/stock/1", from("203.0.113.8"))).status).toBe(429);
  });
});

describe("credentials that are not valid", () => {
  it("are looked at no more where too many came from", async () => {
    let looked = 0;
    const { ask } = await start({
      trustedProxies: 1,
      identify: (request) => {
        looked += 1;
        return identifyByName(request);
      },
    });
    const bad = (address: string) =>
      ask("/v1/stock/1", { headers: { ...as("bad").headers, ...from(address).headers } });
    for (let i = 0; i < 300; i += 1) expect((await bad("203.0.113.7")).status).toBe(401);
    const { status, headers, body } = await bad("203.0.113.7");
    expect([status, body.type]).toEqual([429, "/problems/too-many-requests"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(30);
    expect(looked).toBe(300);
    expect((await bad("203.0.113.8")).status).toBe(401);
    expect((await ask("/v1/stock/1", from("203.0.113.7"))).status).toBe(200);
  });
});

describe.skipIf(withoutRedis)("limits in Redis", () => {
  let server: TestRedis;
  let redis: Redis;
  const soon = { firstMs: 20, factor: 1.6, jitter: 0.2, mostMs: 100 };
  const connect = () => openRedis({ url: server.url, log: pino({ level: "silent" }), reconnect: soon });
  beforeAll(async () => {
    server = await testRedis();
    redis = await connect();
  });
  afterAll(async () => {
    await redis.close();
    await server[Symbol.asyncDispose]();
  });

  it("are shared by gateways", async () => {
    const other = await connect();
    try {
      const rateLimits = { strangers: { rate: "5/m", burst: "4/s" } } as const;
      const one = await start({ app: "sharing", redis: redis.client, rateLimits });
      const two = await start({
        app: "sharing",
        redis: other.client,
        rateLimits: { strangers: { rate: "5/m" } },
      });
      const left: number[] = [];
      for (const { ask } of [one, two, one, two, one]) {
        const { status, headers } = await ask("/v1/stock/1");
        expect(status).toBe(200);
        left.push(Number(/"strangers";r=(\d)/.exec(headers.get("ratelimit")!)?.[1]));
      }
      expect(left).toEqual([4, 3, 2, 1, 0]);
      for (const { ask } of [one, two, two]) {
        const { status, headers } = await ask("/v1/stock/1");
        expect(status).toBe(429);
        expect(Number(headers.get("retry-after"))).toBeGreaterThan(50);
      }
      const another = await start({ app: "another", redis: redis.client, rateLimits });
      expect((await another.ask("/v1/stock/1")).status).toBe(200);
    } finally {
      await other.close();
    }
  });

  it("are counted by each gateway alone while Redis is gone, and the log says it once", async () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
    const { ask } = await start({
      app: "gone",
      redis: redis.client,
      log,
      rateLimits: { strangers: { rate: "3/m" } },
    });
    expect((await ask("/v1/stock/1")).status).toBe(200);
    await server.kill();
    await until(() => !redis.ready());
    const statuses = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await ask("/v1/stock/1")).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    await server.start();
    await until(() => redis.ready());
    await until(async () => (await ask("/v1/stock/1")).status === 200);
    expect(lines).toEqual([
      "rate limits cannot be counted in Redis: each gateway counts alone",
      "rate limits are counted in Redis again",
    ]);
  });

  it("do not hold up requests while Redis is silent", async () => {
    const { ask } = await start({
      app: "silent",
      redis: redis.client,
      rateLimits: { strangers: { rate: "100/m" } },
    });
    server.freeze();
    try {
      const started = performance.now();
      for (let i = 0; i < 5; i += 1) expect((await ask("/v1/stock/1")).status).toBe(200);
      expect(performance.now() - started).toBeLessThan(1_000);
    } finally {
      server.thaw();
    }
  });
});

async function until(holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const endsAt = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error("It did not come true.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
