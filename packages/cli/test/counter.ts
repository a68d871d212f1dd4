import { join } from "node:path";
import { testServer } from "@kerf/runtime/testing";
import { vi } from "vitest";
import { run as runHere } from "../src/main.ts";
import { copyApp, KerfProcess } from "./kerf-process.ts";

/** A number that the contract calls sensitive. */
export const CARD = "4111-1111-1111-1111";

/** Runs `kerf dev` with the application in `fixture/counter`: orders, and mail that is told of them. */
export async function startCounter() {
  const app = copyApp("counter");
  const server = await testServer();
  await server.dropAll("counter_");
  // The commands find the databases as units do.
  vi.stubEnv("KERF_DATABASE_URL", server.adminUrl);
  vi.stubEnv("OTEL_METRIC_EXPORT_INTERVAL", "1000");
  const dev = new KerfProcess(["dev", "--port", "0", "--json", "--no-watch"], app.folder);
  const { gateway } = await dev.event("ready");
  await dev.event("dashboard");

  /** A command in this process, which is ten times cheaper. */
  async function run(...args: string[]): Promise<{ code: number; out: string }> {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      const code = await runHere([...args, "--config", join(app.folder, "kerf.config.ts")]);
      return { code, out: write.mock.calls.map(([text]) => String(text)).join("") };
    } finally {
      write.mockRestore();
    }
  }

  return {
    folder: app.folder,
    gateway: gateway!,
    dev,
    run,
    asJson: async (...args: string[]) => JSON.parse((await run(...args, "--json")).out),
    place: (sku: string) =>
      fetch(`${gateway}/v1/orders`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": `place-${sku}` },
        body: JSON.stringify({ sku, card: CARD }),
      }),
    async [Symbol.asyncDispose]() {
      await dev.destroy();
      await server.dropAll("counter_");
      app.remove();
    },
  };
}

/** The trace of a request that is refused. */
export async function traceIdOf(asked: Promise<Response>): Promise<string> {
  const problem = (await (await asked).json()) as { readonly traceId: string };
  return problem.traceId;
}
