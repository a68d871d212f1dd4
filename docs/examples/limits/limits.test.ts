import { developmentIdentity, startGateway } from "@kerf/gateway";
import { pino } from "pino";
import { expect, test } from "vitest";
import { boxOffice } from "./contract.ts";
import application from "./kerf.config.ts";

test("the example's limits hold", async () => {
  const gateway = await startGateway({
    contracts: [boxOffice],
    invoke: async () => ({ left: 3 }),
    identify: developmentIdentity(),
    rateLimits: application.gateway.limits,
    app: application.name,
    host: "127.0.0.1",
    port: 0,
    log: pino({ level: "silent" }),
    ready: () => true,
  });
  try {
    const seats = await fetch(`${gateway.url}/v1/seats/hamlet`);
    expect(seats.headers.get("ratelimit-policy")).toBe(
      '"boxOffice@1.seats-burst";q=50;w=1, "boxOffice@1.seats";q=600;w=60, "strangers-burst";q=100;w=1, "strangers";q=1200;w=60',
    );
    expect(seats.headers.get("ratelimit")).toMatch(/^"boxOffice@1\.seats-burst";r=49;t=1, /);
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      const { status } = await fetch(`${gateway.url}/v1/holds`, {
        method: "POST",
        body: '{"show":"hamlet","seats":1}',
        headers: { "content-type": "application/json", authorization: "Bearer dev:ann" },
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  } finally {
    await gateway.drain(0);
  }
});
