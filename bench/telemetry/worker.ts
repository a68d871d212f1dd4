/**
 * One process of a comparison: both services of the stock, or one of them. Answers each message: `"run"` with its time for a
 * call, `"cpu"` with its CPU so far, in microseconds.
 *
 * `worker.ts CALLS [asking|asked PORT]`
 */
import { createLog } from "@kerf/runtime";
import { openTelemetry } from "@kerf/telemetry";
import { startStock, type Half } from "../stock.ts";

const [calls, unit, port] = process.argv.slice(2);
const opened = await openTelemetry({
  app: "bench",
  unit: unit ?? "all",
  topology: unit ? "split" : "monolith",
  replica: "1",
  environment: process.env,
  log: createLog({ unit: "bench", level: "warn" }),
});
const half = unit === undefined ? undefined : { unit: unit as Half["unit"], port: Number(port) };
const stock = await startStock(opened?.telemetry, half);

/** Of one trace. */
const callsEach = 20;
/** Under way at once: within a process each ends before the next begins anyway. */
const atOnce = half ? 16 : 1;

async function run(): Promise<void> {
  let left = Number(calls) / callsEach;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      await stock.calls(callsEach);
      // Requests leave room between them: what is exported is part of the cost.
      if (left % 50 === 0) await new Promise(setImmediate);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

process.on("message", (asked) => {
  if (asked === "cpu") process.send!(cpuUs());
  else void run().then(() => process.send!(cpuUs()));
});
process.on("disconnect", () => process.exit(0));
process.send!("ready");
