/** Runs what `docs/streams.md` quotes, through a real gateway. */
import { startGateway, type Gateway } from "@kerf/gateway";
import { createLog } from "@kerf/runtime";
import { rig, type Rig } from "@kerf/testing";
import type { AnyStream, Input } from "kerf";
import { afterAll, beforeAll, expect, test } from "vitest";
import app from "../../docs/examples/kerf.config.ts";
import site from "../../docs/examples/static/kerf.config.ts";
import { auction } from "../../docs/examples/streams/contract.ts";
import { follow } from "../../docs/examples/streams/read.ts";

interface Bid {
  readonly number: number;
  readonly pence: number;
}

let box: Rig;
let gateway: Gateway;
beforeAll(async () => {
  box = await rig(app, { run: ["auction"] });
  gateway = await open(0);
});
afterAll(async () => {
  await gateway?.drain(0);
  await box?.stop();
});

function open(port: number): Promise<Gateway> {
  return startGateway({
    contracts: [auction],
    invoke: () => Promise.reject(new Error("unused")),
    watch: ({ member, input, signal }) =>
      box.watch(member as AnyStream, input as Input<AnyStream>, { signal }),
    app: "box-office",
    host: "127.0.0.1",
    port,
    log: createLog({ unit: "test", level: "silent" }),
    ready: () => true,
  });
}

const bid = (lot: string, pence: number) => box.call(auction.bid, { lot, pence });

test("every bid is told once, also across a gateway that is started again", async () => {
  await bid("chair", 100);
  const told: Bid[] = [];
  const over = new AbortController();
  const url = `${gateway.url}/v1/lots/chair/bids`;
  const following = follow<Bid>(url, (each) => told.push(each), { signal: over.signal });
  await expect.poll(() => told.length).toBe(1);
  await Promise.all([bid("chair", 110), bid("chair", 120), bid("table", 5)]);
  await expect.poll(() => told.length).toBe(3);
  const port = Number(new URL(gateway.url).port);
  await gateway.drain(1_000);
  await bid("chair", 130);
  gateway = await open(port);
  await bid("chair", 140);
  await expect.poll(() => told.length, { timeout: 10_000 }).toBe(5);
  expect(told.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  over.abort();
  await expect(following).rejects.toThrow();
});

test("what is refused is not asked for again", async () => {
  await expect(follow(`${gateway.url}/v1/lots/chair/bids?after=x`, () => {})).rejects.toThrow(
    /invalid-input/,
  );
});

test("the example of a front end is one", () => {
  expect(site.gateway.static).toMatchObject({ fallback: "index.html" });
});
