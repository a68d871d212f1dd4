import { command, contract, DeclaredError, query } from "kerf";
import { developmentIdentity, startGateway } from "@kerf/gateway";
import { pino } from "pino";
import { z } from "zod";

const inventory = contract("inventory", {
  version: 1,
  stock: query({
    http: "GET /stock/:sku",
    access: "public",
    input: z.object({ sku: z.string(), warehouse: z.int().optional() }),
    output: z.object({ sku: z.string(), left: z.int() }),
  }),
  reserve: command({
    http: "POST /reservations",
    access: "user",
    input: z.object({ sku: z.string(), quantity: z.int().min(1) }),
    output: z.object({ sku: z.string(), quantity: z.int() }),
    errors: { OutOfStock: z.object({ left: z.int() }) },
  }),
});

export const gateway = await startGateway({
  contracts: [inventory],
  async invoke({ member, input }) {
    if (member.id === inventory.stock.id) return { sku: (input as { sku: string }).sku, left: 7 };
    const { quantity } = input as { quantity: number };
    if (quantity > 7) throw new DeclaredError(member.id, "OutOfStock", { left: 7 });
    return input;
  },
  identify: developmentIdentity(),
  app: "shop",
  host: "127.0.0.1",
  port: Number(process.env["PORT"] ?? 4000),
  log: pino(),
  ready: () => true,
});
