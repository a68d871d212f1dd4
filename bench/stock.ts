import { createLog, loadGraph, newTrace, startUnit, type UnitOptions } from "@kerf/runtime";
import { app, contract, query, service } from "kerf";
import { z } from "zod";

const Item = z.object({ sku: z.string(), quantity: z.int().min(1) });
const Stock = z.object({ sku: z.string(), left: z.int(), wanted: z.int() });
const stock = contract("stock", { version: 1, look: query({ input: Item, output: Stock }) });
const asker = contract("asker", {
  version: 1,
  run: query({ input: z.object({ calls: z.int() }), output: z.object({ sum: z.int() }) }),
});

/** What the handler does, and what a comparison has it stand beside. */
export const look = async ({ sku, quantity }: z.infer<typeof Item>): Promise<z.infer<typeof Stock>> => ({
  sku,
  left: 7,
  wanted: quantity,
});

const shop = app("bench", {
  services: {
    stock: async () => ({ default: service(stock, {}, { handle: { look } }) }),
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
  topologies: { monolith: { all: "*" }, split: { asking: ["asker"], asked: ["stock"] } },
});

/** No service here has a database: nothing is asked of it. */
const noDatabase: NonNullable<UnitOptions["server"]> = {
  kind: "external",
  adminUrl: "",
  provision: async () => new Map(),
  locate: async () => new Map(),
  close: async () => {},
};

export interface Stocked {
  /** Has one service call the other, one call after the other, all within one trace. */
  calls(count: number): Promise<unknown>;
}

/** One of two processes: the one that is asked, or the one that asks it. */
export interface Half {
  readonly unit: "asking" | "asked";
  /** Where the one that is asked listens, on this machine. */
  readonly port: number;
}

/** Starts two services, one of which calls the other, or one of them; told of by `telemetry`, where given. */
export async function startStock(telemetry?: UnitOptions["telemetry"], half?: Half): Promise<Stocked> {
  const topology = shop.topologies.get(half ? "split" : "monolith")!;
  const listen = half && { host: "127.0.0.1", port: half.port };
  const unit = await startUnit({
    graph: await loadGraph(shop),
    topology,
    unit: half ? topology.units.find(({ name }) => name === half.unit)! : topology.units[0]!,
    endpoints: new Map(listen && [["asked", `${listen.host}:${listen.port}`]]),
    listen: half?.unit === "asked" ? listen : undefined,
    server: noDatabase,
    log: createLog({ unit: "bench", level: "silent" }),
    settings: { NODE_ENV: "production", KERF_UNIT_SECRET: "bench".repeat(8) },
    telemetry,
  });
  const { signal } = new AbortController();
  return {
    calls: (count) =>
      unit.callAs("asker", {
        member: asker.run,
        input: { calls: count },
        id: undefined,
        deadlineAt: Date.now() + 60_000,
        actor: undefined,
        traceparent: telemetry?.root() ?? newTrace(),
        signal,
      }),
  };
}
