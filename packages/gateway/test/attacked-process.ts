/** A gateway in a process of its own, which tells how much memory it has and what nobody caught. Run with --expose-gc. */
import { query, contract } from "kerf";
import { z } from "zod";
import { inventory, inventoryService, startInventory } from "./inventory.ts";

const uncaught: string[] = [];
process.on("unhandledRejection", (error) => uncaught.push(`unhandled: ${String(error)}`));
process.on("uncaughtException", (error) => uncaught.push(`uncaught: ${error.stack}`));
process.on("disconnect", () => process.exit(0));

const bulk = contract("bulk", {
  version: 1,
  all: query({ http: "GET /all", access: "public", output: z.object({ text: z.string() }) }),
});
const text = "x".repeat(2_000_000);

const gateway = await startInventory({
  contracts: [inventory, bulk],
  invoke: async (call) => (call.member.id === bulk.all.id ? { text } : inventoryService(call)),
  limits: { headersMs: 2_000, requestMs: 3_000, idleMs: 2_000, stalledMs: 2_000, connections: 300 },
});

process.on("message", () => {
  gc!();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send!({ rssBytes: rss, heldBytes: heapUsed + external, uncaught });
});
process.send!({ url: gateway.url });
