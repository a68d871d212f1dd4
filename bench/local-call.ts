/**
 * What a call within one process costs: a plain async function, Kerf's local call through the whole pipeline
 * (validation both ways, authorisation, deadline, context), and Moleculer's.
 *
 * npx node bench/local-call.ts [--rounds 9] [--calls 200000]
 */
import { app, contract, query, service } from "kerf";
import { createLog, loadGraph, newTrace, startUnit } from "@kerf/runtime";
import { parseArgs } from "node:util";
import { z } from "zod";
import { comparison } from "./measure.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "9" }, calls: { type: "string", default: "200000" } },
});
const calls = Number(values.calls);

const Item = z.object({ sku: z.string(), quantity: z.int().min(1) });
const Stock = z.object({ sku: z.string(), left: z.int(), wanted: z.int() });
const stock = contract("stock", { version: 1, look: query({ input: Item, output: Stock }) });
const asker = contract("asker", {
  version: 1,
  run: query({ input: z.object({ calls: z.int() }), output: z.object({ sum: z.int() }) }),
});

const plain = async ({ sku, quantity }: z.infer<typeof Item>): Promise<z.infer<typeof Stock>> => ({
  sku,
  left: 7,
  wanted: quantity,
});

const shop = app("bench", {
  services: {
    stock: async () => ({ default: service(stock, {}, { handle: { look: plain } }) }),
    asker: async () => ({
      default: service(
        asker,
        { uses: [stock] },
        {
          handle: {
            async run({ calls: n }, { call }) {
              let sum = 0;
              for (let i = 0; i < n; i++)
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

const graph = await loadGraph(shop);
const topology = shop.topologies.get("monolith")!;
const unit = await startUnit({
  graph,
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
  log: createLog({ unit: "bench", level: "silent" }),
  settings: { NODE_ENV: "production" },
});

const kerf = (): Promise<unknown> =>
  unit.callAs("asker", {
    member: asker.run,
    input: { calls },
    id: undefined,
    deadlineAt: Date.now() + 60_000,
    actor: undefined,
    traceparent: newTrace(),
    signal: new AbortController().signal,
  });

const { ServiceBroker } = (await import("moleculer")).default;
const moleculer = async (validated: boolean) => {
  const broker = new ServiceBroker({ logger: false, validator: validated });
  broker.createService({
    name: "stock",
    actions: {
      look: {
        ...(validated ? { params: { sku: "string", quantity: "number|integer" } } : {}),
        handler: async (context: { params: z.infer<typeof Item> }) => plain(context.params),
      },
    },
  });
  await broker.start();
  return broker;
};
const bare = await moleculer(false);
const checked = await moleculer(true);
const through = (broker: typeof bare) => async (): Promise<void> => {
  for (let i = 0; i < calls; i++) await broker.call("stock.look", { sku: "85123A", quantity: 6 });
};

await comparison("a call in one process", "ns", Number(values.rounds), calls, {
  "plain async function": async () => {
    for (let i = 0; i < calls; i++) await plain({ sku: "85123A", quantity: 6 });
  },
  "kerf, whole pipeline": kerf,
  "moleculer, no validation": through(bare),
  "moleculer, validation of the input": through(checked),
});
await Promise.all([unit.drain(), bare.stop(), checked.stop()]);
