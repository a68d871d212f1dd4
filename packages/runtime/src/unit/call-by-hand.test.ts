import { app, command, contract, event, failed, query, service, StatusError, stream } from "kerf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { SpanType, Telemetry } from "../telemetry/telemetry.ts";
import { arena, tables, type Arena, type Replica } from "./testing.ts";

const Sku = z.object({ sku: z.string() });
const stock = contract("stock", {
  version: 1,
  left: query({ input: Sku, output: Sku.extend({ by: z.string(), via: z.string(), from: z.string() }) }),
  take: command({
    input: Sku.extend({ many: z.int() }),
    output: z.object({ taken: z.int() }),
    errors: { SoldOut: z.object({ sku: z.string() }) },
  }),
  count: query({ access: "role:staff" }),
  known: query({ access: "user" }),
  own: query({ access: ({ sku }, { actor, via }) => via !== "gateway" || actor?.id === sku, input: Sku }),
  forShop: query({ access: (_, { caller }) => caller.service === "shop" }),
  onRoute: query({ http: "GET /stock", access: "role:staff" }),
  slow: query({}),
  broken: query({}),
  changes: stream({ input: Sku, output: Sku }),
  moved: event({ data: Sku, key: "sku" }),
});
const shop = contract("shop", { version: 1, ask: query({ output: Sku.extend({ from: z.string() }) }) });
const nothing = async () => ({});
let taken = 0;

const stockService = service(
  stock,
  { database: { migrations: tables("create table taken (sku text)") } },
  {
    handle: {
      async left({ sku }, { actor, caller, via }) {
        return { sku, by: actor?.id ?? "nobody", via, from: caller.service ?? "nobody" };
      },
      async take({ sku, many }, { sql, fail }) {
        await sql`insert into taken values (${sku})`;
        if (sku === "unicorn") throw fail("SoldOut", { sku });
        return { taken: (taken += many) };
      },
      count: nothing,
      known: nothing,
      own: nothing,
      forShop: nothing,
      onRoute: nothing,
      slow: (_, { signal }) => {
        const { promise, reject } = Promise.withResolvers<never>();
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        return promise;
      },
      async broken() {
        throw new Error("a secret of the inside");
      },
      async *changes() {},
    },
  },
);
const shopService = service(
  shop,
  { uses: [stock] },
  {
    handle: {
      async ask(_, { call }) {
        const { sku, from } = await call(stock.left, { sku: "a" });
        return { sku, from };
      },
    },
  },
);
const both = app("both", {
  services: { stock: async () => ({ default: stockService }), shop: async () => ({ default: shopService }) },
  topologies: { all: { all: "*" } },
});

let at: Arena;
let unit: Replica;
/** Who called what, and the spans that began traces. */
const edges: string[] = [];
const roots: string[] = [];
const telemetry: Telemetry = {
  spans: true,
  root: () => `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
  begin: (_, __, parent) => ({ traceparent: parent, end: () => {} }),
  beginRoot<About>(type: SpanType<About>, about: About, root: string) {
    roots.push(`${type.service(about)}: ${type.name(about)}`);
    return { traceparent: root, end: () => {} };
  },
  edge: ({ caller, member }) => ({
    begin(traceparent) {
      edges.push(`${caller} ${member}`);
      return { traceparent, replied: () => {}, failed: () => {} };
    },
    watch: () => {
      throw new Error("nothing is watched here");
    },
  }),
  observe: () => () => {},
};

beforeAll(async () => {
  at = await arena(both);
  unit = await at.start({ telemetry });
});
afterAll(() => at?.[Symbol.asyncDispose]());

const ann = { id: "ann", roles: ["staff"] };
const bob = { id: "bob", roles: [] };

async function byHand(
  member: string,
  input: unknown = {},
  { actor, id, ms = 10_000 }: { actor?: typeof ann | typeof bob; id?: string; ms?: number } = {},
) {
  return unit.callByHand({ member, input, actor, id, deadlineAt: Date.now() + ms });
}
const codeOf = async (...given: Parameters<typeof byHand>) => {
  const { outcome } = await byHand(...given);
  return outcome.ok ? "ok" : outcome.code;
};

describe("a call by hand", () => {
  test("is a person's, and told as the operator's", async () => {
    expect(await byHand("stock@1.left", { sku: "a" }, { actor: ann })).toEqual({
      traceId: "1".repeat(32),
      outcome: { ok: true, value: { sku: "a", by: "ann", via: "gateway", from: "nobody" } },
    });
    expect(roots).toEqual(["operator: call stock@1.left"]);
    expect(edges).toEqual(["operator stock@1.left"]);
    // What it leads to is the service's own.
    expect((await byHand("shop@1.ask")).outcome).toEqual({ ok: true, value: { sku: "a", from: "shop" } });
    expect(edges.slice(1)).toEqual(["operator shop@1.ask", "shop stock@1.left"]);
  });

  test("of a command happens once for its id, for one person", async () => {
    const once = { actor: ann, id: "one" };
    const first = await byHand("stock@1.take", { sku: "a", many: 2 }, once);
    expect((await byHand("stock@1.take", { sku: "a", many: 2 }, once)).outcome).toEqual(first.outcome);
    expect(taken).toBe(2);
    expect(await codeOf("stock@1.take", { sku: "a", many: 3 }, once)).toBe("FAILED_PRECONDITION");
    expect(await codeOf("stock@1.take", { sku: "a", many: 3 }, { actor: bob, id: "one" })).toBe("ok");
  });

  test("is answered with a declared error as it is", async () => {
    const { outcome } = await byHand("stock@1.take", { sku: "unicorn", many: 1 });
    if (outcome.ok || !failed(outcome.error, stock.take, "SoldOut")) throw new Error("it is not refused");
    expect(outcome.error.data).toEqual({ sku: "unicorn" });
  });

  test("is held to what the member accepts, field by field", async () => {
    const { outcome } = await byHand("stock@1.take", { sku: 7, manny: 1 });
    if (outcome.ok || !(outcome.error instanceof StatusError)) throw new Error("it is not refused");
    expect(outcome.code).toBe("INVALID_ARGUMENT");
    expect(outcome.error.violations.map(({ path }) => path).toSorted()).toEqual(["manny", "many", "sku"]);
  });

  test.each([
    ["a role, of who has it", "stock@1.count", ann, "ok"],
    ["a role, of who has it not", "stock@1.count", bob, "PERMISSION_DENIED"],
    ["a role, of a stranger", "stock@1.count", undefined, "UNAUTHENTICATED"],
    ["a role on a route", "stock@1.onRoute", bob, "PERMISSION_DENIED"],
    ["anybody who is known", "stock@1.known", bob, "ok"],
    ["anybody who is known, of a stranger", "stock@1.known", undefined, "UNAUTHENTICATED"],
    ["a service only", "stock@1.forShop", ann, "PERMISSION_DENIED"],
  ])("needs what the member asks for: %s", async (_, member, actor, code) => {
    expect(await codeOf(member, {}, actor && { actor })).toBe(code);
  });

  test("is judged by a function as one from outside", async () => {
    expect(await codeOf("stock@1.own", { sku: "ann" }, { actor: ann })).toBe("ok");
    expect(await codeOf("stock@1.own", { sku: "ann" }, { actor: bob })).toBe("PERMISSION_DENIED");
    expect(await codeOf("stock@1.own", { sku: "ann" })).toBe("UNAUTHENTICATED");
  });

  test("opens nothing for anybody else: without it, what has no route is closed", async () => {
    const call = {
      member: stock.left,
      input: { sku: "a" },
      id: undefined,
      deadlineAt: Date.now() + 10_000,
      actor: ann,
      traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
      signal: new AbortController().signal,
      byHand: true,
    };
    await expect(unit.invoke(call)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  test.each([
    ["of nobody", "carts@1.open", "UNIMPLEMENTED"],
    ["of a name without a member", "stock", "UNIMPLEMENTED"],
    ["of a name of the language's own", "__proto__", "UNIMPLEMENTED"],
    ["of an event", "stock@1.moved", "INVALID_ARGUMENT"],
    ["of a stream", "stock@1.changes", "INVALID_ARGUMENT"],
    ["that breaks", "stock@1.broken", "INTERNAL"],
  ])("%s is refused, and tells no secrets", async (_, member, code) => {
    const { outcome } = await byHand(member);
    expect(outcome).toMatchObject({ ok: false, code });
    expect(outcome.ok || outcome.error.message).not.toContain("secret");
  });

  test("ends at its deadline", async () => {
    expect(await codeOf("stock@1.slow", {}, { ms: 50 })).toBe("DEADLINE_EXCEEDED");
  });
});
