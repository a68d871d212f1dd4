import { expect, it } from "vitest";
import { GrpcError, Status, type Channel, type Metadata } from "../../src/index.ts";
import { echoService } from "./echo-service.ts";

const { Unary, Down, Up, Chat, Fail, Hang } = echoService.methods;
const bytes = (text: string): Buffer => Buffer.from(text);

async function sizes(messages: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const message of messages) size += message.length;
  return size;
}

function failure(call: Promise<unknown>): Promise<GrpcError> {
  return call.then(
    () => expect.unreachable("the call should fail"),
    (error: unknown) => {
      expect(error).toBeInstanceOf(GrpcError);
      return error as GrpcError;
    },
  );
}

/** Tries every kind of call of our client against a server of `echoService`, whoever wrote it. */
export function echoTests(channel: () => Channel): void {
  it("carries metadata both ways", async () => {
    let header: Metadata | undefined;
    let trailer: Metadata | undefined;
    const reply = await channel().unary(Unary, bytes("hello"), {
      metadata: { "x-text": "value", "x-bytes-bin": new Uint8Array([0, 255, 1]) },
      timeoutMs: 10_000,
      onHeader: (metadata) => (header = metadata),
      onTrailer: (metadata) => (trailer = metadata),
    });
    expect(Buffer.from(reply).toString()).toBe("hello");
    expect(header?.get("x-text")).toBe("value");
    expect(trailer?.get("x-bytes-bin")).toEqual(new Uint8Array([0, 255, 1]));
  });

  it("carries messages larger than every window", async () => {
    const large = Buffer.alloc(3_000_000, "abc");
    expect(large.equals(await channel().unary(Unary, large))).toBe(true);
    expect(large.equals(await channel().unary(Unary, large, { compression: "gzip" }))).toBe(true);
  });

  it("carries many calls at once", async () => {
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_, n) => channel().unary(Unary, bytes(String(n)))),
    );
    expect(replies.map((reply) => Buffer.from(reply).toString())).toEqual(
      Array.from({ length: 500 }, (_, n) => String(n)),
    );
  });

  it("streams down, up and both ways", async () => {
    expect(await sizes(channel().serverStream(Down, bytes("2000")))).toBe(2_000_000);
    const requests = Array.from({ length: 2000 }, () => new Uint8Array(1000));
    expect(Buffer.from(await channel().clientStream(Up, requests)).toString()).toBe("2000000");
    expect(await sizes(channel().bidi(Chat, requests))).toBe(2_000_000);
  });

  it("gives the status and its message", async () => {
    const error = await failure(channel().unary(Fail, bytes("grüße 100 %")));
    expect(error.code).toBe(Status.FAILED_PRECONDITION);
    expect(error.message).toBe("grüße 100 %");
  });

  it("keeps deadlines and cancels", async () => {
    expect((await failure(channel().unary(Hang, bytes(""), { timeoutMs: 50 }))).code).toBe(
      Status.DEADLINE_EXCEEDED,
    );
    const signal = AbortSignal.timeout(30);
    expect((await failure(channel().unary(Hang, bytes(""), { signal }))).code).toBe(Status.CANCELLED);
  });

  it("says when a method is not there", async () => {
    const nothing = { ...Unary, path: "/interop.Echo/Nothing" };
    expect((await failure(channel().unary(nothing, bytes("")))).code).toBe(Status.UNIMPLEMENTED);
  });
}
