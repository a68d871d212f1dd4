import { app, contract, query, service } from "kerf";
import { createLog, loadGraph, startUnit } from "@kerf/runtime";
import { openTelemetry } from "@kerf/telemetry";
import { newTrace } from "@kerf/runtime";
import { z } from "zod";

const Item = z.object({ sku: z.string(), quantity: z.int().min(1) });
const Stock = z.object({ sku: z.string(), left: z.int(), wanted: z.int() });
const stock = contract("stock", { version: 1, look: query({ input: Item, output: Stock }) });
const asker = contract("asker", {
  version: 1,
  run: query({ input: z.object({ calls: z.int() }), output: z.object({ sum: z.int() }) }),
});
const shop = app("bench", {
  services: {
    stock: async () => ({
      default: service(
        stock,
        {},
        { handle: { look: async ({ sku, quantity }) => ({ sku, left: 7, wanted: quantity }) } },
      ),
    }),
    asker: async () => ({
      default: service(
        asker,
        { uses: [stock] },
        {
          handle: {
            async run({ calls }, { call }) {
              let sum = 0;
              for (let i = 0; i < calls; i++)
                sum += (await call(stock.look, { sku: "85123A", quantity: 6 })).left;
              return { sum };
            },
          },
        },
      ),
    }),
  },
  topologies: { monolith: { all: "*" } },
});

const log = createLog({ unit: "bench", level: "warn" });
const topology = shop.topologies.get("monolith")!;
const opened = await openTelemetry({
  app: "bench",
  unit: "all",
  topology: "monolith",
  replica: "1",
  environment: process.env,
  log,
});
const unit = await startUnit({
  graph: await loadGraph(shop),
  topology,
  unit: topology.units[0]!,
  endpoints: new Map(),
  listen: undefined,
  server: {
    kind: "external",
    adminUrl: "",
    provision: async () => new Map(),
    locate: async () => new Map(),
    close: async () => {},
  },
  log,
  settings: { NODE_ENV: "production" },
  telemetry: opened?.telemetry,
});

/** Of one trace. */
const calls = 20;
const traces = Number(process.argv[2]) / calls;
const root = (): string => opened?.telemetry.root() ?? newTrace();

async function run(): Promise<number> {
  const { signal } = new AbortController();
  const began = process.cpuUsage();
  for (let i = 0; i < traces; i++) {
    await unit.callAs("asker", {
      member: asker.run,
      input: { calls },
      id: undefined,
      deadlineAt: Date.now() + 60_000,
      actor: undefined,
      traceparent: root(),
      signal,
    });
    // Requests leave room between them: what is exported is part of the cost.
    if (i % 50 === 49) await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(began);
  return ((user + system) * 1_000) / (traces * calls);
}

process.on("message", () => void run().then((ns) => process.send!(ns)));
process.on("disconnect", () => process.exit(0));
process.send!("ready");
