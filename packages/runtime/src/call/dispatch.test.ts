import { contract, query } from "kerf";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { createLog } from "../log/index.ts";
import { compileValidator } from "../validate/index.ts";
import { processClock } from "../clock/process-clock.ts";
import { deadlineSignal } from "./deadline.ts";
import { dispatcher, type Endpoint } from "./dispatch.ts";
import { newTrace } from "./trace.ts";

const clock = contract("clock", {
  version: 1,
  wait: query({ input: z.object({}), output: z.object({}) }),
});

function called(
  run: Endpoint["run"],
  header: { caller?: string; timeoutMs?: number; signal?: AbortSignal; traceparent?: string } = {},
  log = createLog({ unit: "test", level: "silent" }),
): Promise<unknown> {
  const endpoint: Endpoint = {
    member: clock.wait,
    validateInput: compileValidator(clock.wait.input, { unknownFields: "drop", enums: "exact" }),
    run,
    settle: () => Promise.reject(new Error("unused")),
    bounded: (error) => error,
    log,
  };
  const dispatch = dispatcher(new Map([[clock.wait.id, endpoint]]), (caller) => caller === "friend");
  const { caller = "friend", timeoutMs = 1_000, traceparent = newTrace() } = header;
  return dispatch(
    {
      member: clock.wait.id,
      input: {},
      header: {
        id: undefined,
        deadlineAt: Date.now() + timeoutMs,
        caller,
        actor: undefined,
        via: "call",
        traceparent,
        retry: false,
      },
    },
    header.signal ?? new AbortController().signal,
  );
}

test("a handler that its signal stops at the deadline is answered with the deadline, whoever is told first", async () => {
  const stopped: Endpoint["run"] = (_input, header) => {
    const { signal } = deadlineSignal(processClock, header.deadlineAt, undefined);
    return sleep(5_000, {}, { signal });
  };
  const many = Array.from({ length: 40 }, (_, i) => called(stopped, { timeoutMs: 20 + i }));
  const codes = (await Promise.allSettled(many)).map((end) => (end as PromiseRejectedResult).reason.code);
  expect(new Set(codes)).toEqual(new Set(["DEADLINE_EXCEEDED"]));
  // Told sooner than the call is.
  const sooner: Endpoint["run"] = async (_input, header) => {
    while (Date.now() < header.deadlineAt);
    throw new DOMException("This operation was aborted", "AbortError");
  };
  await expect(called(sooner, { timeoutMs: 20 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
});

test("a handler that aborts its own work before the deadline has failed", async () => {
  await expect(called(() => Promise.reject(new DOMException("its own", "AbortError")))).rejects.toMatchObject(
    { code: "INTERNAL" },
  );
});

test("the line about a handler that failed says in which trace and span, as the handler's own lines do", async () => {
  const lines: string[] = [];
  const log = createLog({ unit: "test", destination: { write: (line) => void lines.push(line) } });
  const fails = (): Promise<unknown> => Promise.reject(new Error("the wheel is loose"));
  const traceparent = `00-${"4b".repeat(16)}-${"a1".repeat(8)}-01`;
  await expect(called(fails, { traceparent }, log)).rejects.toMatchObject({ code: "INTERNAL" });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      msg: "clock@1.wait failed",
      traceId: "4b".repeat(16),
      spanId: "a1".repeat(8),
    }),
  ]);
});

test("a handler that stops because its caller went away has not failed", async () => {
  const gone = new AbortController();
  const waits: Endpoint["run"] = (_input, _header, signal) => sleep(5_000, {}, { signal });
  const answer = called(waits, { signal: gone.signal });
  gone.abort();
  await expect(answer).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a stranger is refused each time, also after a friend was let in", async () => {
  expect(await called(async () => ({}))).toEqual({});
  for (const _ of [1, 2])
    await expect(called(async () => ({}), { caller: "stranger" })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
});
