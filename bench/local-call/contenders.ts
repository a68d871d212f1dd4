import { createLog } from "@kerf/runtime";
import { openTelemetry } from "@kerf/telemetry";
import { look, startStock } from "../stock.ts";

/** Makes so many calls, one after the other. */
type Calls = (count: number) => Promise<unknown>;

async function moleculer(validated: boolean): Promise<Calls> {
  const { ServiceBroker } = (await import("moleculer")).default;
  const broker = new ServiceBroker({ logger: false, validator: validated });
  broker.createService({
    name: "stock",
    actions: {
      look: {
        ...(validated ? { params: { sku: "string", quantity: "number|integer" } } : {}),
        handler: async (context: { params: Parameters<typeof look>[0] }) => look(context.params),
      },
    },
  });
  await broker.start();
  return async (count) => {
    for (let i = 0; i < count; i++) await broker.call("stock.look", { sku: "85123A", quantity: 6 });
  };
}

async function counted(): Promise<Calls> {
  const log = createLog({ unit: "bench", level: "warn" });
  const named = { app: "bench", unit: "all", topology: "monolith", replica: "1" };
  const { telemetry } = (await openTelemetry({ ...named, environment: {}, log }))!;
  return (await startStock(telemetry)).calls;
}

export const contenders: Readonly<Record<string, () => Promise<Calls>>> = {
  "plain async function": async () => async (count) => {
    for (let i = 0; i < count; i++) await look({ sku: "85123A", quantity: 6 });
  },
  "kerf, not counted (OTEL_SDK_DISABLED)": async () => (await startStock()).calls,
  "kerf, counted (the default)": counted,
  "moleculer, no validation": () => moleculer(false),
  "moleculer, validation of the input": () => moleculer(true),
};
