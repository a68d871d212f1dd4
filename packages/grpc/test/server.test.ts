import { describe, expect, it } from "vitest";
import {
  clientStream,
  GrpcError,
  implement,
  Metadata,
  raw,
  serve,
  service,
  Status,
  unary,
} from "../src/index.ts";
import { notes, HI, implementation, cleanup, channelTo, failure } from "./notes-service.ts";

describe("a server", () => {
  it("says nothing of a bug to the client, and everything to onError", async () => {
    const errors: unknown[] = [];
    const broken = implement(service("test.Broken", { Go: unary(raw, raw) }), {
      Go: () => {
        throw new Error("password=hunter2");
      },
    });
    const server = await serve({ services: [broken], onError: (error) => void errors.push(error) });
    cleanup.push(() => server.close());
    const error = await failure(
      channelTo(server.address).unary(service("test.Broken", { Go: unary(raw, raw) }).methods.Go, HI),
    );
    expect(error.status).toBe("UNKNOWN");
    expect(error.message).not.toContain("hunter2");
    expect(String(errors[0])).toContain("hunter2");
  });

  it("sends rich details", async () => {
    const details = [
      { typeUrl: "type.googleapis.com/google.rpc.RetryInfo", value: new Uint8Array([1, 2, 3]) },
    ];
    const rich = service("test.Rich", { Go: unary(raw, raw) });
    const server = await serve({
      services: [
        implement(rich, {
          Go: () => {
            const metadata = new Metadata({ "x-why": "because" });
            throw new GrpcError(Status.ABORTED, "try again", { details, metadata });
          },
        }),
      ],
    });
    cleanup.push(() => server.close());
    const error = await failure(channelTo(server.address).unary(rich.methods.Go, HI));
    expect(error.details).toEqual(details);
    expect(error.metadata.get("x-why")).toBe("because");
  });

  it("refuses a method that is served twice, or that its service does not have", async () => {
    await expect(serve({ services: [implementation, implementation] })).rejects.toThrow("served twice");
    const wrong = { service: notes, handlers: { Nothing: () => HI } };
    await expect(serve({ services: [wrong] })).rejects.toThrow("has no method Nothing");
    await expect(serve({ services: [], limits: { maxFrameBytes: 1 } })).rejects.toThrow(
      "limits.maxFrameBytes",
    );
  });
});

describe("a handler of a request stream", () => {
  it("does not take a cancelled client for one that has finished", async () => {
    const up = service("test.Up", { Go: clientStream(raw, raw) });
    const ends: unknown[] = [];
    const handler = implement(up, {
      Go: async (requests) => {
        try {
          for await (const _ of requests);
          ends.push("finished");
        } catch (error) {
          ends.push(error);
        }
        return HI;
      },
    });
    const server = await serve({ services: [handler] });
    cleanup.push(() => server.close({ graceMs: 100 }));
    const controller = new AbortController();
    const endless = (async function* () {
      for (;;) {
        yield HI;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const call = failure(
      channelTo(server.address).clientStream(up.methods.Go, endless, { signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 40);
    expect((await call).status).toBe("CANCELLED");
    await expect.poll(() => ends.length).toBe(1);
    expect(ends[0]).toBeInstanceOf(GrpcError);
  });
});
