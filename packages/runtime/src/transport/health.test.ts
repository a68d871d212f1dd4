import { describe, expect, it } from "vitest";
import { health } from "./health.ts";
import type { IncomingCall, WireFailure } from "./wire.ts";

const SERVING = [0x08, 1];
const NOT_SERVING = [0x08, 2];
const SERVICE_UNKNOWN = [0x08, 3];

const call = (signal = new AbortController().signal): IncomingCall => ({
  metadata: () => undefined,
  deadlineAt: undefined,
  signal,
});
const asking = (service: string): Uint8Array =>
  service === ""
    ? new Uint8Array(0)
    : Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);

async function* once(service: string): AsyncGenerator<Uint8Array> {
  yield asking(service);
}

describe("health", () => {
  it("serves from the start, as a whole and by service", async () => {
    const { check } = health(["a.A"]);
    expect([...(await check(asking(""), call()))]).toEqual(SERVING);
    expect([...(await check(asking("a.A"), call()))]).toEqual(SERVING);
  });

  it("does not know other services, and refuses other messages", async () => {
    const { check } = health([]);
    await expect(check(asking("b.B"), call())).rejects.toMatchObject({
      code: 5,
    } satisfies Partial<WireFailure>);
    await expect(check(Buffer.from([0x0a, 9]), call())).rejects.toMatchObject({ code: 3 });
  });

  it("tells each change once, and at shutdown ends the stream", async () => {
    const state = health(["a.A"]);
    const seen: number[][] = [];
    const watching = (async () => {
      for await (const message of state.watch(once("a.A"), call())) {
        seen.push([...message]);
        if (seen.length === 1) state.set("a.A", true);
        if (seen.length === 1) state.set("a.A", false);
        if (seen.length === 2) setImmediate(() => state.set("a.A", true));
        if (seen.length === 3) setImmediate(() => state.shutdown());
      }
    })();
    await watching;
    expect(seen).toEqual([SERVING, NOT_SERVING, SERVING, NOT_SERVING]);
  });

  it("watches a service that is not there, until the watcher goes", async () => {
    const controller = new AbortController();
    const seen: number[][] = [];
    for await (const message of health([]).watch(once("b.B"), call(controller.signal))) {
      seen.push([...message]);
      setImmediate(() => controller.abort());
    }
    expect(seen).toEqual([SERVICE_UNKNOWN]);
  });
});
