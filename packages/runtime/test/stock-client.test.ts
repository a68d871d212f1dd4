import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type AnyContract,
  command,
  contract,
  DeclaredError,
  event,
  type Log,
  query,
  StatusError,
} from "kerf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { emptyLock, protoOf, protoText, updateLock } from "../src/proto/index.ts";
import { callTokens } from "../src/authority/call-token.ts";
import { type GrpcServer, serveGrpc } from "../src/transport/grpc-server.ts";
import type { CallRequest } from "../src/transport/transport.ts";
import { pythonWithGrpc, runPython } from "./python.ts";

const inventory = contract("inventory", {
  version: 1,
  stock: query({
    description: "How many are left",
    input: z.object({ sku: z.string() }),
    output: z.object({ left: z.int(), note: z.string().nullable() }),
  }),
  reserve: command({
    input: z.object({
      orderId: z.string().describe("The order that it is for.\nAny text."),
      lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
      by: z
        .discriminatedUnion("kind", [
          z.object({ kind: z.literal("person"), name: z.string() }),
          z.object({ kind: z.enum(["robot", "cron"]), serial: z.int().optional() }),
        ])
        .optional(),
      prices: z.record(z.string(), z.int().nullable()),
      note: z.string().nullable().optional(),
      tags: z.array(z.string()).optional(),
      grid: z.array(z.array(z.number())).default([]),
      "odd-Key": z.boolean().optional(),
      nothing: z.null(),
      level: z.enum(["low", "high"]).default("low"),
    }),
    output: z.object({ reservation: z.string() }),
    errors: { OutOfStock: z.object({ sku: z.string(), left: z.int() }), Closed: z.string() },
  }),
  depleted: event({ data: z.object({ sku: z.string() }), key: "sku", description: "The last one went." }),
}) as unknown as AnyContract;

/** Its first field is gone, so that the others have numbers of the lock file. */
const before = contract("inventory", {
  version: 1,
  stock: query({ input: z.object({ shelf: z.string(), sku: z.string() }) }),
}) as unknown as AnyContract;
const { lock } = updateLock(updateLock(emptyLock, [before]).lock, [inventory], {
  accept: ["inventory@1:StockRequest.shelf"],
});

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe("a stock client in another language", { timeout: 120_000 }, () => {
  const requests: CallRequest[] = [];
  let server: GrpcServer;
  let folder: string;
  let seen: Record<string, Record<string, unknown>>;

  async function dispatch(request: CallRequest, signal: AbortSignal): Promise<unknown> {
    requests.push(request);
    if (request.member === "inventory@1.stock") return { left: -7, note: null };
    const { orderId } = request.input as { orderId: string };
    const member = "inventory@1.reserve";
    switch (orderId) {
      case "short":
        throw new DeclaredError(member, "OutOfStock", { sku: "tea", left: 3 });
      case "invalid":
        throw new StatusError("INVALID_ARGUMENT", "it does not fit", {
          violations: [{ path: "orderId", message: "is not an order" }],
        });
      case "busy":
        throw new StatusError("RESOURCE_EXHAUSTED", "busy", { retryAfterMs: 1_250 });
      case "late":
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        throw new StatusError("CANCELLED", "told to stop");
      default:
        return { reservation: `r-${orderId}` };
    }
  }

  beforeAll(async () => {
    await pythonWithGrpc();
    server = await serveGrpc({
      tokens: callTokens("only units know this", "shop"),
      host: "127.0.0.1",
      port: 0,
      contracts: [inventory],
      lock,
      dispatch,
      log: silent,
    });
    folder = await mkdtemp(join(tmpdir(), "kerf-proto-"));
    const descriptor = protoOf(inventory, lock);
    await mkdir(dirname(join(folder, descriptor.file)), { recursive: true });
    await writeFile(join(folder, descriptor.file), protoText(descriptor));
    seen = JSON.parse(
      await runPython(import.meta.url, "stock_client.py", [server.address, folder, descriptor.file]),
    ) as typeof seen;
  }, 360_000);
  afterAll(async () => {
    await server?.drain(0);
    if (folder) await rm(folder, { recursive: true });
  });

  it("calls a query and a command with stubs that protoc made from the .proto", () => {
    expect(seen["calls"]).toMatchObject({ left: -7, hasNote: true, note: false, reservation: "r-o-1" });
  });

  it("is given to the handler as plain JSON, from a caller without a name", () => {
    const request = requests.find(({ member }) => member === "inventory@1.reserve");
    expect(request?.input).toStrictEqual({
      orderId: "o-1",
      lines: [{ sku: "tea", quantity: 2 }],
      by: { kind: "person", name: "Ada" },
      prices: { tea: 250, free: null },
      note: "fragile",
      nothing: null,
    });
    const { deadlineAt, traceparent, ...header } = request?.header ?? ({} as CallRequest["header"]);
    expect(header).toEqual({ id: undefined, caller: undefined, actor: undefined, via: "call", retry: false });
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(deadlineAt).toBeGreaterThan(0);
  });

  it("sees a declared error with its code, member and data", () => {
    expect(seen["calls"]?.["short"]).toEqual([
      "FAILED_PRECONDITION",
      "OutOfStock",
      "inventory@1.reserve",
      "tea",
      3,
    ]);
  });

  it("sees violations and pauses in the standard details", () => {
    expect(seen["calls"]?.["invalid"]).toEqual([
      "INVALID_ARGUMENT",
      "it does not fit",
      ["orderId", "is not an order"],
    ]);
    expect(seen["calls"]?.["busy"]).toEqual(["RESOURCE_EXHAUSTED", 1_250]);
  });

  it("has its deadline kept, unknown methods named and large messages refused", () => {
    expect(seen["calls"]).toMatchObject({
      late: "DEADLINE_EXCEEDED",
      missing: "UNIMPLEMENTED",
      large: "RESOURCE_EXHAUSTED",
    });
  });

  it("checks and watches health", () => {
    expect(seen["health"]).toEqual({ checked: [1, 1], nobody: "NOT_FOUND", watched: 1 });
  });

  it("learns by reflection just what protoc reads in the .proto", () => {
    const services = [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "kerf.inventory.v1.Inventory",
    ];
    expect(seen["reflection"]?.["difference"]).toBe("");
    expect(seen["reflection"]).toMatchObject({
      services,
      alpha: services,
      unknown: 5,
      sameAsProtoc: true,
      others: ["grpc.health.v1", "grpc.reflection.v1"],
    });
    expect(seen["reflectionV1"]).toBe(1);
  });
});
