import { describe, expect, it } from "vitest";
import { GrpcError, Status, type Interceptor } from "../src/index.ts";
import { notes, Echo, Slow, HI, channelTo, started, failure } from "./notes-service.ts";

const token: Interceptor = (request, call, next) => {
  call.metadata.set("x-token", "secret");
  return next(request);
};

const again: Interceptor = async (request, _, next) => {
  try {
    return await next(request);
  } catch {
    return next(request);
  }
};

const doubled: Interceptor = async function* (request, _, next) {
  for await (const message of next(request)) yield Buffer.concat([message, message]);
};

describe("interceptors", () => {
  it("stand around calls on both sides, the first outermost, and may answer themselves", async () => {
    const order: string[] = [];
    const log =
      (name: string): Interceptor =>
      async (request, call, next) => {
        order.push(`${name} ${call.side} ${call.method.path} ${String(call.metadata.get("x-token"))}`);
        const reply = await next(request);
        order.push(`${name} done`);
        return reply;
      };
    const guard: Interceptor = (request, call, next) => {
      if (call.method === Slow) throw new GrpcError(Status.PERMISSION_DENIED, "not you");
      return next(request);
    };
    const server = await started({ interceptors: [log("c"), guard] });
    const channel = channelTo(server.address, { interceptors: [log("a"), token, log("b")] });
    expect(Buffer.from(await channel.unary(Echo, HI))).toEqual(HI);
    expect(order).toEqual([
      "a client /test.Notes/Echo undefined",
      "b client /test.Notes/Echo secret",
      "c server /test.Notes/Echo secret",
      "c done",
      "b done",
      "a done",
    ]);
    expect((await failure(channel.unary(Slow, HI))).status).toBe("PERMISSION_DENIED");
  });

  it("may call again, and see streams as iterables", async () => {
    let tries = 0;
    const flaky: Interceptor = (request, _, next) => {
      if (++tries === 1) throw new GrpcError(Status.UNAVAILABLE, "first");
      return next(request);
    };
    const server = await started({ interceptors: [flaky] });
    const channel = channelTo(server.address, { interceptors: [again] });
    expect(Buffer.from(await channel.unary(Echo, HI))).toEqual(HI);
    expect(tries).toBe(2);
    const other = channelTo((await started({ interceptors: [doubled] })).address);
    const got: string[] = [];
    for await (const message of other.bidi(notes.methods.Chat, [HI, HI]))
      got.push(Buffer.from(message).toString());
    expect(got).toEqual(["hihi", "hihi"]);
  });
});
