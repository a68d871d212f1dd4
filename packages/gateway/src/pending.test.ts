import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { pendingCalls } from "./pending.ts";

/** The outcome of one call, and the means to end it. */
function start(calls: ReturnType<typeof pendingCalls>, socket: Socket) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outcomes: unknown[] = [];
  let signal: AbortSignal | undefined;
  calls.run(
    socket,
    (call) => {
      signal = call.signal;
      return promise;
    },
    (value) => outcomes.push(value),
    (error) => outcomes.push((error as { code: string }).code),
  );
  return { outcomes, resolve, reject, signal: () => signal! };
}

const connection = () => new EventEmitter() as unknown as Socket;
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

describe("pending calls", () => {
  it("end once each, in whatever order", async () => {
    const calls = pendingCalls(10_000);
    const socket = connection();
    const [a, b, c] = [start(calls, socket), start(calls, socket), start(calls, connection())];
    b.resolve("b");
    await pause(0);
    const d = start(calls, socket);
    c.resolve("c");
    a.reject({ code: "a" });
    await pause(0);
    socket.emit("close");
    d.resolve("late");
    await pause(0);
    expect([a, b, c, d].map((call) => call.outcomes)).toEqual([["a"], ["b"], ["c"], ["CANCELLED"]]);
    expect([a, b, c, d].map((call) => call.signal().aborted)).toEqual([false, false, false, true]);
  });

  it("are all given up when their connection closes, however long the others of it lasted", async () => {
    const calls = pendingCalls(10_000);
    const socket = connection();
    const first = start(calls, socket);
    for (let i = 0; i < 100; i += 1) {
      start(calls, socket).resolve("done");
      await pause(0);
    }
    const last = start(calls, socket);
    expect(socket.listenerCount("close")).toBe(1);
    socket.emit("close");
    expect([first.outcomes, last.outcomes]).toEqual([["CANCELLED"], ["CANCELLED"]]);
  });

  it("are given up at their deadlines, and not before", () => {
    vi.useFakeTimers();
    try {
      const calls = pendingCalls(1_000);
      const early = start(calls, connection());
      vi.advanceTimersByTime(500);
      const late = start(calls, connection());
      vi.advanceTimersByTime(499);
      expect(early.outcomes).toEqual([]);
      vi.advanceTimersByTime(51);
      expect([early.outcomes, late.outcomes]).toEqual([["DEADLINE_EXCEEDED"], []]);
      vi.advanceTimersByTime(500);
      expect(late.outcomes).toEqual(["DEADLINE_EXCEEDED"]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
