import { type AnyContract, DeclaredError, StatusError } from "kerf";
import { describe, expect, it, vi } from "vitest";
import { answer } from "./answer.ts";
import { callTokens } from "../authority/call-token.ts";
import { decodeHeader } from "./header.ts";
import { findCodec } from "./method-codecs.ts";
import { probe } from "./probe.ts";
import type { CallRequest, Dispatch } from "./transport.ts";
import type { IncomingCall, WireMetadata } from "./wire.ts";

const codec = findCodec([probe as unknown as AnyContract])("probe@2.echo");
const hello = codec.request.encode({ text: "hello" });

function incoming(metadata: WireMetadata = {}, deadlineAt?: number): IncomingCall {
  return { metadata: (name) => metadata[name], deadlineAt, signal: new AbortController().signal };
}

const tokens = callTokens("s".repeat(32), "shop");

async function headerOf(call: IncomingCall): Promise<CallRequest["header"]> {
  let seen: CallRequest | undefined;
  const dispatch: Dispatch = async (request) => {
    seen = request;
    return { text: "" };
  };
  await answer(codec, hello, call, dispatch, vi.fn(), tokens);
  if (!seen) throw new Error("it was not dispatched");
  return seen.header;
}

describe("a call from a stranger", () => {
  it("has the deadline of the edge where it sets none, and no more than five minutes", async () => {
    expect((await headerOf(incoming())).deadlineAt - Date.now()).toBeLessThanOrEqual(10_000);
    const forEver = await headerOf(incoming({}, Date.now() + 1e12));
    expect(forEver.deadlineAt - Date.now()).toBeLessThanOrEqual(300_000);
  });

  it("is believed nothing about who calls, for whom and how; a unit is", async () => {
    const eve = { id: "eve", roles: ["staff"] };
    const claims = {
      "kerf-caller": "orders",
      "kerf-actor": Buffer.from(JSON.stringify(eve)).toString("base64url"),
      "kerf-via": "gateway",
      "kerf-settle": "1",
      "kerf-retry": "1",
    };
    const nobody = { caller: undefined, actor: undefined, via: "call", retry: false };
    expect(await headerOf(incoming(claims))).toMatchObject(nobody);
    expect(await headerOf(incoming(claims))).not.toHaveProperty("settle");
    const token = tokens.mint("probe", { caller: "orders", actor: eve, via: "saga" });
    expect(await headerOf(incoming({ ...claims, "kerf-token": token }))).toMatchObject({
      caller: "orders",
      actor: eve,
      via: "saga",
      settle: true,
      retry: true,
    });
  });

  it("is refused with a token that is not for this service, or of others", async () => {
    const bearer = { caller: "orders", actor: undefined, via: "call" } as const;
    for (const wrong of [
      tokens.mint("payments", bearer),
      callTokens("s".repeat(32), "another").mint("probe", bearer),
      "",
    ]) {
      const dispatch = vi.fn<Dispatch>();
      const refused = answer(codec, hello, incoming({ "kerf-token": wrong }), dispatch, vi.fn(), tokens);
      await expect(refused).rejects.toMatchObject({ code: 16, details: [] });
      expect(dispatch).not.toHaveBeenCalled();
    }
  });

  it("begins a trace where it brings none, or a malformed one", async () => {
    const first = (await headerOf(incoming())).traceparent;
    const second = (await headerOf(incoming({ traceparent: "00-zz" }))).traceparent;
    expect(first).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(second).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(first).not.toBe(second);
  });

  it.each<[string, string, string]>([["kerf-id", "x".repeat(5_000), "has 5000 characters: at most 4096"]])(
    "is told what is wrong with its metadata %s",
    (name, value, problem) => {
      const decode = (): unknown =>
        decodeHeader((asked) => (asked === name ? value : undefined), 0, undefined);
      expect(decode).toThrow(StatusError);
      expect(decode).toThrow(`the metadata ${name} ${problem}`);
    },
  );

  it("keeps an id that only looks percent-encoded", async () => {
    expect((await headerOf(incoming({ "kerf-id": "50%" }))).id).toBe("50%");
  });

  it("is refused with INVALID_ARGUMENT where its bytes are no message", async () => {
    const dispatch = vi.fn<Dispatch>();
    const refused = answer(codec, Buffer.from([0x0a, 200]), incoming(), dispatch, vi.fn(), tokens);
    await expect(refused).rejects.toMatchObject({
      code: 3,
      message: "the input of probe@2.echo: the message ends in the middle of a field",
    });
    expect(dispatch).not.toHaveBeenCalled();
  });
});

describe("an error on the way back", () => {
  it("is INTERNAL where another member declares it", async () => {
    const dispatch: Dispatch = async () => {
      throw new DeclaredError("other@1.thing", "Strange", {});
    };
    await expect(answer(codec, hello, incoming(), dispatch, vi.fn(), tokens)).rejects.toMatchObject({
      code: 13,
      message: "it failed with other@1.thing Strange, which probe@2.echo does not declare",
    });
  });

  it("says so where the data of a declared error does not fit", async () => {
    const onProblem = vi.fn();
    const failing = findCodec([probe as unknown as AnyContract])("probe@2.fail");
    const dispatch: Dispatch = async () => {
      throw new DeclaredError("probe@2.fail", "OutOfStock", { sku: "tea", left: 0.5 });
    };
    const message = failing.request.encode({ how: "" });
    await expect(answer(failing, message, incoming(), dispatch, onProblem, tokens)).rejects.toMatchObject({
      code: 13,
    });
    expect(onProblem).toHaveBeenCalledOnce();
  });

  it("carries at most 32 violations, cut to 400 characters", async () => {
    const violations = Array.from({ length: 500 }, (_, at) => ({
      path: `p${at}`,
      message: "🎈".repeat(500),
    }));
    const dispatch: Dispatch = async () => {
      throw new StatusError("INVALID_ARGUMENT", "x".repeat(10_000), { violations });
    };
    const failure = await answer(codec, hello, incoming(), dispatch, vi.fn(), tokens).catch(
      (error: unknown) => error,
    );
    const { details, message } = failure as { details: Uint8Array; message: string };
    expect(message).toHaveLength(401);
    expect(details.length).toBeLessThan(40_000);
  });
});
