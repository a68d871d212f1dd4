import { type AnyContract, failed, outcome, StatusError } from "kerf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probe, probeServer } from "./probe.ts";
import type { CallHeader, Dispatch, Transport } from "./transport.ts";

/** What a transport is tested with: how to reach `dispatch` through it. */
export interface TransportUnderTest {
  readonly transport: Transport;
  readonly address: string;
  close(): Promise<void>;
}

const LIMIT = 4 * 1024 * 1024;

/** What every transport must do, whatever it carries calls over. */
export function transportSuite(
  name: string,
  open: (dispatch: Dispatch, contracts: readonly AnyContract[]) => Promise<TransportUnderTest>,
): void {
  describe(`${name} as a transport`, () => {
    const server = probeServer();
    let under: TransportUnderTest;
    beforeAll(async () => {
      under = await open(server.dispatch, [probe as unknown as AnyContract]);
    });
    afterAll(() => under.close());

    const call = (
      member: string,
      input: unknown,
      header: Partial<CallHeader> = {},
      signal = new AbortController().signal,
    ): Promise<unknown> =>
      under.transport.call(under.address, { member, input, header: { ...plainHeader(), ...header } }, signal);

    it("brings the reply", async () => {
      expect(await call("probe@2.echo", { text: "héllo 🎈" })).toEqual({ text: "héllo 🎈" });
    });

    it("keeps the shape of values: nested lists, unions, records, null and absent", async () => {
      const input = { list: [[1, 2], []], by: { kind: "a", n: 0.5 }, prices: { "a b": 0 } };
      const absent = (await call("probe@2.shape", input)) as { json: string };
      expect(JSON.parse(absent.json)).toEqual(input);
      expect(absent).not.toHaveProperty("note");
      expect(await call("probe@2.shape", { ...input, note: null })).toMatchObject({ note: null });
    });

    it("throws a declared error with its data", async () => {
      const error = await call("probe@2.fail", { how: "OutOfStock" }).catch((thrown: unknown) => thrown);
      expect(failed(error, probe.fail, "OutOfStock") && error.data).toEqual({ sku: "tea", left: 0 });
    });

    it("carries 30 KB of data in a declared error, and refuses more", async () => {
      const large = await outcome(call("probe@2.fail", { how: "TooMuch", bytes: 30_000 }));
      expect(large).toMatchObject({ ok: false, code: "TooMuch" });
      expect(!large.ok && failed(large.error, probe.fail, "TooMuch") && large.error.data.text.length).toBe(
        30_000,
      );
      const tooLarge = await outcome(call("probe@2.fail", { how: "TooMuch", bytes: 40_000 }));
      expect(!tooLarge.ok && tooLarge.error).toMatchObject({
        code: "RESOURCE_EXHAUSTED",
        message: expect.stringContaining("32,768 bytes") as string,
      });
    });

    it("throws a status error with its message, violations and pause", async () => {
      const invalid = await call("probe@2.fail", { how: "INVALID_ARGUMENT" }).catch(
        (error: unknown) => error,
      );
      expect(invalid).toBeInstanceOf(StatusError);
      expect(invalid).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: "it does not fit: 100 % wröng",
        violations: [{ path: "lines.0.sku", message: "is empty" }],
      });
      const busy = await call("probe@2.fail", { how: "RESOURCE_EXHAUSTED" }).catch((error: unknown) => error);
      expect(busy).toMatchObject({ code: "RESOURCE_EXHAUSTED", retryAfterMs: 1_500, violations: [] });
      const down = await call("probe@2.fail", { how: "UNAVAILABLE" }).catch((error: unknown) => error);
      expect(down).toMatchObject({ code: "UNAVAILABLE", message: "the bank is away" });
    });

    it("does not tell callers what an unexpected error said", async () => {
      const result = await outcome(call("probe@2.fail", { how: "unexpected" }));
      expect(!result.ok && result.error).toMatchObject({ code: "INTERNAL" });
      expect(!result.ok && result.error.message).not.toContain("hunter2");
    });

    it("passes the header: id, caller, actor, via, retry and trace", async () => {
      const header = {
        id: "order 17 – ü/100%",
        caller: "orders",
        actor: { id: "u-1 é", roles: ["staff", "admin"] },
        via: "saga",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        retry: true,
        settle: true,
      } as const;
      const deadlineAt = Date.now() + 5_000;
      const reply = (await call("probe@2.header", {}, { ...header, deadlineAt })) as { header: string };
      const { deadlineAt: seen, ...passed } = JSON.parse(reply.header) as CallHeader;
      expect(passed).toEqual(header);
      expect(Math.abs(seen - deadlineAt)).toBeLessThan(500);
    });

    it("passes an empty header as empty", async () => {
      const reply = (await call("probe@2.header", {})) as { header: string };
      const { deadlineAt: _, traceparent, ...passed } = JSON.parse(reply.header) as CallHeader;
      expect(passed).toEqual({ via: "call", retry: false });
      expect(traceparent).toBe(plainHeader().traceparent);
    });

    it("refuses a member that is not there with UNIMPLEMENTED", async () => {
      const nowhere = await outcome(call("nowhere@1.nothing", {}));
      expect(!nowhere.ok && nowhere.code).toBe("UNIMPLEMENTED");
      const event = await outcome(call("probe@2.happened", {}));
      expect(!event.ok && event.code).toBe("UNIMPLEMENTED");
    });

    it("ends at the deadline, promptly, and tells the handler", async () => {
      const start = Date.now();
      const result = await outcome(call("probe@2.wait", { key: "late" }, { deadlineAt: start + 150 }));
      expect(!result.ok && result.error).toMatchObject({
        code: "DEADLINE_EXCEEDED",
        message: expect.stringContaining("probe@2.wait") as string,
      });
      expect(Date.now() - start).toBeGreaterThanOrEqual(140);
      expect(Date.now() - start).toBeLessThan(600);
    });

    it("does not send a call whose deadline has passed", async () => {
      const result = await outcome(call("probe@2.wait", { key: "past" }, { deadlineAt: Date.now() - 1 }));
      expect(!result.ok && result.code).toBe("DEADLINE_EXCEEDED");
      expect(server.started.has("past")).toBe(false);
    });

    it("passes on that the caller went away", async () => {
      const controller = new AbortController();
      const result = outcome(call("probe@2.wait", { key: "gone" }, {}, controller.signal));
      await server.hasStarted("gone");
      controller.abort();
      expect(await result).toMatchObject({ ok: false, code: "CANCELLED" });
      await server.hasStopped("gone");
    });

    it("does not send a call that is cancelled already", async () => {
      const result = await outcome(call("probe@2.wait", { key: "never" }, {}, AbortSignal.abort()));
      expect(!result.ok && result.code).toBe("CANCELLED");
      expect(server.started.has("never")).toBe(false);
    });

    it("gives the reason of the signal where that is a status", async () => {
      const reason = new StatusError("UNAVAILABLE", "this unit drains");
      const result = await outcome(call("probe@2.echo", { text: "" }, {}, AbortSignal.abort(reason)));
      expect(!result.ok && result.error).toBe(reason);
    });

    it("carries 3.9 MB both ways", async () => {
      const text = "x".repeat(3.9 * 1024 * 1024);
      expect(await call("probe@2.echo", { text })).toEqual({ text });
    });

    it("refuses over 4 MB with RESOURCE_EXHAUSTED, naming the direction", async () => {
      const input = await outcome(call("probe@2.echo", { text: "x".repeat(LIMIT) }));
      expect(!input.ok && input.error).toMatchObject({
        code: "RESOURCE_EXHAUSTED",
        message: "the input of probe@2.echo is over 4,194,304 bytes: send it in pages",
      });
      const reply = await outcome(call("probe@2.grow", { bytes: LIMIT }));
      expect(!reply.ok && reply.error).toMatchObject({
        code: "RESOURCE_EXHAUSTED",
        message: "the reply of probe@2.grow is over 4,194,304 bytes: send it in pages",
      });
    });

    it("carries 200 calls at once, each with its own reply", async () => {
      const texts = Array.from({ length: 200 }, (_, at) => `call ${at}`);
      const replies = await Promise.all(texts.map((text) => call("probe@2.echo", { text })));
      expect(replies).toEqual(texts.map((text) => ({ text })));
    });
  });
}

export function plainHeader(): CallHeader {
  return {
    id: undefined,
    deadlineAt: Date.now() + 10_000,
    caller: undefined,
    actor: undefined,
    via: "call",
    traceparent: "00-11111111111111111111111111111111-2222222222222222-00",
    retry: false,
  };
}
