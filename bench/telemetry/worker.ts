import { createLog } from "@kerf/runtime";
import { openTelemetry } from "@kerf/telemetry";
import { startStock } from "../stock.ts";

const opened = await openTelemetry({
  app: "bench",
  unit: "all",
  topology: "monolith",
  replica: "1",
  environment: process.env,
  log: createLog({ unit: "bench", level: "warn" }),
});
const stock = await startStock(opened?.telemetry);

/** Of one trace. */
const calls = 20;
const traces = Number(process.argv[2]) / calls;

async function run(): Promise<number> {
  const began = process.cpuUsage();
  for (let i = 0; i < traces; i++) {
    await stock.calls(calls);
    // Requests leave room between them: what is exported is part of the cost.
    if (i % 50 === 49) await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(began);
  return ((user + system) * 1_000) / (traces * calls);
}

process.on("message", () => void run().then((ns) => process.send!(ns)));
process.on("disconnect", () => process.exit(0));
process.send!("ready");
