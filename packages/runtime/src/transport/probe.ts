import { setTimeout as sleep } from "node:timers/promises";
import { command, contract, DeclaredError, event, query, StatusError } from "kerf";
import { z } from "zod";
import type { CallRequest, Dispatch } from "./transport.ts";

/** A contract with a member for each thing that a transport must carry. */
export const probe = contract("probe", {
  version: 2,
  echo: query({ input: z.object({ text: z.string() }), output: z.object({ text: z.string() }) }),
  header: query({ output: z.object({ header: z.string() }) }),
  grow: query({ input: z.object({ bytes: z.int() }), output: z.object({ text: z.string() }) }),
  shape: query({
    input: z.object({
      list: z.array(z.array(z.int())),
      by: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("a"), n: z.number() }),
        z.object({ kind: z.literal("b") }),
      ]),
      note: z.string().nullable().optional(),
      prices: z.record(z.string(), z.int()),
    }),
    output: z.object({ json: z.string(), note: z.string().nullable().optional() }),
  }),
  fail: command({
    input: z.object({ how: z.string(), bytes: z.int().optional() }),
    errors: {
      OutOfStock: z.object({ sku: z.string(), left: z.int() }),
      TooMuch: z.object({ text: z.string() }),
    },
  }),
  wait: command({ input: z.object({ key: z.string() }), output: z.object({ done: z.boolean() }) }),
  happened: event({ data: z.object({ id: z.string() }), key: "id" }),
});

interface ProbeServer {
  readonly dispatch: Dispatch;
  /** The keys of `wait` calls that arrived. */
  readonly started: ReadonlySet<string>;
  hasStarted(key: string): Promise<void>;
  /** Resolves once the signal of that call aborted. */
  hasStopped(key: string): Promise<void>;
}

async function within(keys: ReadonlySet<string>, key: string): Promise<void> {
  for (let tries = 0; !keys.has(key); tries++) {
    if (tries > 400) throw new Error(`nothing was seen of ${key} for 2 s`);
    await sleep(5);
  }
}

/** Answers the probe contract. */
export function probeServer(): ProbeServer {
  const started = new Set<string>();
  const stopped = new Set<string>();
  async function waitForAbort(key: string, signal: AbortSignal): Promise<unknown> {
    started.add(key);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    stopped.add(key);
    throw new StatusError("CANCELLED", "the handler was told to stop");
  }

  return {
    started,
    hasStarted: (key) => within(started, key),
    hasStopped: (key) => within(stopped, key),
    async dispatch({ member, input, header }: CallRequest, signal) {
      const given = input as { text: string; bytes: number; how: string; key: string; note?: string | null };
      switch (member) {
        case "probe@2.echo":
          return { text: given.text };
        case "probe@2.header":
          return { header: JSON.stringify(header) };
        case "probe@2.grow":
          return { text: "x".repeat(given.bytes) };
        case "probe@2.shape":
          return {
            json: JSON.stringify(input),
            ...("note" in given && { note: given.note }),
          };
        case "probe@2.fail":
          throw failure(given.how, given.bytes);
        case "probe@2.wait":
          return waitForAbort(given.key, signal);
        default:
          throw new StatusError("UNIMPLEMENTED", `no ${member} is here`);
      }
    },
  };
}

function failure(how: string, bytes: number): Error {
  switch (how) {
    case "OutOfStock":
      return new DeclaredError("probe@2.fail", how, { sku: "tea", left: 0 });
    case "TooMuch":
      return new DeclaredError("probe@2.fail", how, { text: "x".repeat(bytes) });
    case "INVALID_ARGUMENT":
      return new StatusError(how, "it does not fit: 100 % wröng", {
        violations: [{ path: "lines.0.sku", message: "is empty" }],
      });
    case "RESOURCE_EXHAUSTED":
      return new StatusError(how, "busy", { retryAfterMs: 1_500 });
    case "UNAVAILABLE":
      return new StatusError(how, "the bank is away");
    default:
      return new Error("password hunter2");
  }
}
