import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { post } from "../test/hostile.ts";
import { inventoryService, startInventory } from "../test/inventory.ts";
import { exchange } from "../test/raw.ts";
import type { EdgeCall, Gateway } from "./index.ts";

let gateway: Gateway;
const calls: EdgeCall[] = [];
beforeAll(async () => {
  gateway = await startInventory({
    invoke(call) {
      calls.push(call);
      return inventoryService(call);
    },
  });
});
afterAll(() => gateway.drain(0));

const last = "GET /v1/stock/1 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
const pause = { waitMs: 30 };

describe("a body", () => {
  it("may come in pieces, with a length and without, and the next request follows", async () => {
    // In Latin-1, as it is written: the two bytes of an umlaut come apart.
    const body = '{"labels":{"a":"\xc3\xa4","b":"c"}}';
    const [first, second] = [body.slice(0, 17), body.slice(17)];
    const sized = await exchange(
      gateway.url,
      post(`Content-Length: ${body.length}\r\n`, first),
      pause,
      second,
      pause,
      last,
    );
    expect(sized.statuses).toEqual([200, 200]);
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    const streamed = await exchange(
      gateway.url,
      post("Transfer-Encoding: chunked\r\n", chunk(first)),
      pause,
      chunk(second),
      pause,
      "0\r\n\r\n",
      last,
    );
    expect(streamed.statuses).toEqual([200, 200]);
    expect(sized.text).toContain('{"labels":2}');
    expect(calls.map(({ input }) => input).filter((input: any) => "labels" in input)).toEqual([
      { labels: { a: "ä", b: "c" } },
      { labels: { a: "ä", b: "c" } },
    ]);
  });

  it("may be empty, and nothing is waited for", async () => {
    for (const [headers, text] of [
      ["Content-Length: 0\r\n", ""],
      ["Transfer-Encoding: chunked\r\n", "0\r\n\r\n"],
    ] as const) {
      const { statuses, ms } = await exchange(gateway.url, post(headers, text), pause, last);
      // It has no field, and one is needed.
      expect(statuses).toEqual([400, 200]);
      expect(ms).toBeLessThan(2_000);
    }
  });

  it("that never ends has no effect when its client goes away", async () => {
    const before = calls.length;
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    socket.write(post("Content-Length: 100\r\n", '{"labels":{}}'), () => socket.destroy());
    await once(socket, "close");
    const { statuses } = await exchange(gateway.url, last);
    expect([statuses, calls.length]).toEqual([[200], before + 1]);
  });
});
