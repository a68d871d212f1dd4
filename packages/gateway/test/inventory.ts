import { command, contract, DeclaredError, query, StatusError, type Actor } from "kerf";
import { pino } from "pino";
import { z } from "zod";
import { startGateway, type EdgeCall, type Gateway, type GatewayOptions } from "../src/index.ts";

/** A contract with one member for each thing that a gateway does. */
export const inventory = contract("inventory", {
  version: 1,
  stock: query({
    description: "How much there is of an article.",
    http: "GET /stock/:sku",
    access: "public",
    input: z.object({ sku: z.string().max(40) }),
    output: z.object({ sku: z.string(), left: z.int() }),
  }),
  search: query({
    http: "GET /stock",
    access: "public",
    input: z.object({
      text: z.string(),
      limit: z.int().min(1).max(100).default(10),
      price: z.number().optional(),
      inStock: z.boolean().optional(),
      tags: z.array(z.string()).optional(),
      shelf: z.array(z.int()).optional(),
    }),
    // An echo: what arrived is what a test wants to know.
    output: z.object({ received: z.string() }),
  }),
  reserve: command({
    http: "POST /reservations",
    access: "user",
    input: z.object({
      orderId: z.string(),
      lines: z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })).max(50),
      note: z.string().optional(),
    }),
    output: z.object({ orderId: z.string(), commandId: z.string() }),
    errors: { OutOfStock: z.object({ sku: z.string(), left: z.int() }) },
  }),
  recount: command({
    http: "PUT /stock/:sku",
    access: "role:clerk",
    input: z.object({ sku: z.string(), left: z.int().min(0) }),
    output: z.object({ sku: z.string(), left: z.int() }),
  }),
  reservation: query({
    http: "GET /people/:person/reservations/:number",
    access: (input: { person: string }, { actor, caller, via }) =>
      caller.service === undefined && via === "gateway" && actor?.id === input.person,
    input: z.object({ person: z.string(), number: z.int() }),
    output: z.object({ person: z.string(), number: z.int() }),
  }),
  discard: command({
    http: "DELETE /stock/:sku",
    access: "public",
    input: z.object({ sku: z.string(), reason: z.string().optional() }),
    output: z.object({}),
  }),
  import: command({
    http: "POST /imports",
    access: "public",
    input: z.object({ labels: z.record(z.string(), z.string()) }),
    output: z.object({ labels: z.int() }),
  }),
  internal: query({ input: z.object({}), output: z.object({}) }),
});

export const shelves = contract("shelves", {
  version: 2,
  list: query({ http: "GET /shelves", access: "public", output: z.object({ shelves: z.array(z.string()) }) }),
});

/** What the tests' own service answers; `status:<CODE>` as an article throws that status. */
export async function inventoryService(call: EdgeCall): Promise<unknown> {
  const input = call.input as Record<string, unknown>;
  const sku = String(input["sku"] ?? "");
  if (sku.startsWith("status:")) {
    throw new StatusError(sku.slice("status:".length) as "INTERNAL", `refused at 10.0.0.7: ${sku}`);
  }
  switch (call.member.id) {
    case inventory.stock.id:
      if (sku === "wrong") return { sku };
      return { sku, left: 7, cost: 12 };
    case inventory.search.id:
      return { received: JSON.stringify(input) };
    case inventory.reserve.id:
      return reserve(call);
    case inventory.recount.id:
    case inventory.reservation.id:
      return input;
    case inventory.import.id:
      return { labels: Object.keys(input["labels"] as object).length };
    case shelves.list.id:
      return { shelves: ["A"] };
    default:
      return {};
  }
}

function reserve(call: EdgeCall): unknown {
  const { orderId, lines } = call.input as {
    orderId: string;
    lines: { sku: string; quantity: number }[];
  };
  const short = lines.find((line) => line.quantity > 7);
  if (orderId === "undeclared") throw new DeclaredError(call.member.id, "Mystery", { secret: 1 });
  if (orderId === "another")
    throw new DeclaredError("payments@1.charge", "OutOfStock", { sku: "x", left: 0 });
  if (short) throw new DeclaredError(call.member.id, "OutOfStock", { sku: short.sku, left: 7, cost: 12 });
  return { orderId, commandId: call.id };
}

/** Credentials of the tests: `Bearer <id>` or `Bearer <id>:<role>`; "bad" is not valid. */
export async function identifyByName({
  headers,
}: {
  headers: Record<string, unknown>;
}): Promise<Actor | undefined> {
  const { authorization } = headers;
  if (typeof authorization !== "string") return undefined;
  const [id = "", ...roles] = authorization.replace("Bearer ", "").split(":");
  if (id === "bad") throw new StatusError("UNAUTHENTICATED", "the token has expired");
  return { id, roles };
}

/** A gateway of the tests' contracts on a free port. */
export function startInventory(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  return startGateway({
    contracts: [inventory, shelves],
    invoke: inventoryService,
    identify: identifyByName,
    app: "shop",
    host: "127.0.0.1",
    port: 0,
    log: pino({ level: "silent" }),
    ready: () => true,
    ...options,
    // A machine that runs tests is late for other reasons. Who tests shedding says when.
    limits: { eventLoopMs: Infinity, ...options.limits },
  });
}
