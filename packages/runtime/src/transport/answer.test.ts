import { type AnyContract, DeclaredError, StatusError } from "kerf";
import { describe, expect, it, vi } from "vitest";
import { answer } from "./answer.ts";
import { decodeHeader, knowsSecret } from "./header.ts";
import { findCodec } from "./method-codecs.ts";
import { probe } from "./probe.ts";
import type { CallRequest, Dispatch } from "./transport.ts";
import type { IncomingCall, WireMetadata } from "./wire.ts";

const codec = findCodec([probe as unknown as AnyContract])("probe@2.echo");
const hello = codec.request.encode({ text: "hello" });

function incoming(metadata: WireMetadata = {}, deadlineAt?: number): IncomingCall {
  return { metadata: (name) => metadata[name], deadlineAt, signal: new AbortController().signal };
}

const stranger = (_secret: string | undefined): boolean => false;

async function headerOf(call: IncomingCall, isUnit = stranger): Promise<CallRequest["header"]> {
  let seen: CallRequest | undefined;
  const dispatch: Dispatch = async (request) => {
    seen = request;
    return { text: "" };
  };
  await answer(codec, hello, call, dispatch, vi.fn(), isUnit);
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
    const actor = Buffer.from(JSON.stringify({ id: "eve", roles: ["staff"] })).toString("base64url");
    const claims = {
      "kerf-caller": "orders",
      "kerf-actor": actor,
      "kerf-via": "gateway",
      "kerf-settle": "1",
      "kerf-unit-secret": "guess",
    };
    expect(await headerOf(incoming(claims))).toMatchObject({
      caller: undefined,
      actor: undefined,
      via: "call",
    });
    expect(await headerOf(incoming(claims))).not.toHaveProperty("settle");
    const isUnit = knowsSecret("guess");
    expect(isUnit("guess ") || isUnit(undefined) || isUnit("guesT")).toBe(false);
    expect(await headerOf(incoming(claims), isUnit)).toMatchObject({
      caller: "orders",
      actor: { id: "eve" },
      via: "gateway",
      settle: true,
    });
  });

  it("begins a trace where it brings none, or a malformed one", async () => {
    const first = (await headerOf(incoming())).traceparent;
    const second = (await headerOf(incoming({ traceparent: "00-zz" }))).traceparent;
    expect(first).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(second).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(first).not.toBe(second);
  });

  it.each<[string, string, string]>([
    ["kerf-via", "carrier pigeon", "is none of gateway, call, message, saga, schedule"],
    ["kerf-actor", "!", "is not JSON in base64url"],
    ["kerf-actor", Buffer.from('{"id":1}').toString("base64url"), "is not of the form"],
    ["kerf-actor", Buffer.from('{"id":"a","roles":[7]}').toString("base64url"), "is not of the form"],
    ["kerf-id", "x".repeat(5_000), "has 5000 characters: at most 4096"],
  ])("is told what is wrong with its metadata %s", (name, value, problem) => {
    const decode = (): unknown => decodeHeader((asked) => (asked === name ? value : undefined), 0, true);
    expect(decode).toThrow(StatusError);
    expect(decode).toThrow(`the metadata ${name} ${problem}`);
  });

  it("keeps an id that only looks percent-encoded", async () => {
    expect((await headerOf(incoming({ "kerf-id": "50%" }))).id).toBe("50%");
  });

  it("is refused with INVALID_ARGUMENT where its bytes are no message", async () => {
    const dispatch = vi.fn<Dispatch>();
    const refused = answer(codec, Buffer.from([0x0a, 200]), incoming(), dispatch, vi.fn(), stranger);
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
    await expect(answer(codec, hello, incoming(), dispatch, vi.fn(), stranger)).rejects.toMatchObject({
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
    await expect(answer(failing, message, incoming(), dispatch, onProblem, stranger)).rejects.toMatchObject({
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
    const failure = await answer(codec, hello, incoming(), dispatch, vi.fn(), stranger).catch(
      (error: unknown) => error,
    );
    const { details, message } = failure as { details: Uint8Array; message: string };
    expect(message).toHaveLength(401);
    expect(details.length).toBeLessThan(40_000);
  });
});
