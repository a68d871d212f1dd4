/** The dashboard that `kerf dev` opens, asked as its page asks: real processes, a real database, real telemetry. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type {
  AppView,
  EventsView,
  LogList,
  SagaList,
  ServiceView,
  TopologyView,
  TraceList,
  TraceView,
} from "@kerf/dashboard/api";
import { attachEmbedded, type EmbeddedServer } from "@kerf/runtime/embedded";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { copyApp, KerfProcess } from "./kerf-process.ts";

const data = copyApp();
let server: EmbeddedServer;

beforeAll(async () => {
  mkdirSync(join(data.folder, "pg"));
  server = await attachEmbedded({ dataDir: join(data.folder, "pg") });
});

afterAll(async () => {
  await server.release({ now: true });
  data.remove();
});

/** A page that is logged in. */
async function page(url: string) {
  const { origin, hash } = new URL(url);
  const token = new URLSearchParams(hash.slice(1)).get("token");
  const login = () =>
    fetch(`${origin}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({ token }),
    }).catch(() => undefined);
  // It starts beside the units, and may not be there yet.
  await expect.poll(async () => (await login())?.status, { timeout: 20_000, interval: 100 }).toBe(204);
  const cookie = (await login())!.headers.get("set-cookie")!.split(";")[0]!;
  const headers = { cookie, origin, "content-type": "application/json" };
  const read = async <T>(path: string): Promise<T> => {
    const response = await fetch(origin + path, { headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    read,
    async until<T>(path: string, holds: (value: T) => boolean): Promise<T> {
      let found!: T;
      await expect
        .poll(async () => holds((found = await read<T>(path))), { timeout: 20_000, interval: 100 })
        .toBe(true);
      return found;
    },
    post: (path: string, body: object) =>
      fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) }),
  };
}

describe("kerf dev", () => {
  const app = copyApp();
  const environment = () => ({ KERF_DATABASE_URL: server.url });
  let dev: KerfProcess | undefined;

  afterEach(async () => {
    await dev?.destroy();
  });
  afterAll(() => app.remove());

  test("shows what its units do, and keeps it for the next time", async () => {
    dev = new KerfProcess(["dev", "--topology", "split", "--port", "0", "--json"], app.folder, environment());
    const { gateway, dashboard } = await dev.event("ready");
    const { read, until, post } = await page(dashboard!);
    expect((await fetch(`${gateway}/v1/hello/ada`)).status).toBe(200);

    const { traces } = await until<TraceList>("/api/traces?service=names", (list) => list.traces.length > 0);
    expect(traces[0]).toMatchObject({ service: "gateway", errors: 0 });
    const whole = await until<TraceView>(`/api/traces/${traces[0]!.traceId}`, (trace) =>
      ["gateway", "hello", "names"].every((name) => trace.spans.some(({ service }) => service === name)),
    );
    expect(whole.spans[0]).toMatchObject({ parentSpanId: null, service: "gateway", kind: "server" });
    expect(whole.spans.some(({ unit }) => unit === "back")).toBe(true);
    const { logs } = await until<LogList>("/api/logs?text=greeting", (list) => list.logs.length > 0);
    expect(logs[0]).toMatchObject({ level: "info", message: "greeting", service: "hello", unit: "front" });
    expect(logs[0]!.traceId).toBe(traces[0]!.traceId);
    expect(JSON.stringify(logs)).toContain("[redacted]");

    expect(await read<AppView>("/api/app")).toMatchObject({
      app: "tiny",
      topology: "split",
      gateway,
      parts: { operations: true, topology: true },
    });
    const service = await read<ServiceView>("/api/services/hello");
    expect(service.members.find(({ name }) => name === "greet")).toMatchObject({
      id: "hello@1.greet",
      input: { type: "object" },
      traffic: { count: 1 },
    });
    expect(await read<SagaList>("/api/sagas")).toEqual({ counts: [], sagas: [] });
    expect((await read<EventsView>("/api/events")).outboxes.map((one) => one.service)).toContain("names");

    const topology = await read<TopologyView>("/api/topology");
    const back = topology.units.find(({ name }) => name === "back")!;
    expect(back.processes[0]).toMatchObject({ name: "back", state: "ready", restarts: 0 });
    expect(back.processes[0]!.memoryBytes).toBeGreaterThan(10 << 20);
    const { length } = dev.said;
    expect((await post("/api/topology/restart", { process: "none" })).status).toBe(404);
    expect((await post("/api/topology/restart", { process: "back" })).status).toBe(204);
    await dev.event("ready-again", "back", length);
    const after = await read<TopologyView>("/api/topology");
    expect(after.units.find(({ name }) => name === "back")!.processes[0]).toMatchObject({ restarts: 1 });

    // A contract that changed is described as it is now.
    const contract = join(app.folder, "services/hello/contract.ts");
    writeFileSync(
      contract,
      readFileSync(contract, "utf8").replaceAll("text:", "words: z.string().optional(), text:"),
    );
    await until<ServiceView>("/api/services/hello", ({ members }) =>
      JSON.stringify(members.find(({ name }) => name === "greet")!.output).includes("words"),
    );

    dev.interrupt();
    expect(await dev.exited).toEqual({ code: 130, signal: null });
    expect(dev.descendants()).toEqual([]);

    dev = new KerfProcess(["dev", "--topology", "split", "--port", "0", "--json"], app.folder, environment());
    const again = await page((await dev.event("ready")).dashboard!);
    expect((await again.read<TraceView>(`/api/traces/${traces[0]!.traceId}`)).spans).toHaveLength(
      whole.spans.length,
    );
  });

  test("starts a dashboard again that died, with the same token", async () => {
    dev = new KerfProcess(["dev", "--port", "0", "--json"], app.folder, environment());
    const { dashboard } = await dev.event("ready");
    await page(dashboard!);
    const own = dev
      .descendants()
      .find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--dashboard"));
    process.kill(own!, "SIGKILL");
    await dev.event("dashboard-died");
    await page(dashboard!);
    process.kill(dev.child.pid!, "SIGKILL");
    await dev.until(() => dev!.descendants().length === 0);
  });

  test("has none where nobody wants one", async () => {
    const other = copyApp();
    try {
      dev = new KerfProcess(["dev", "--port", "0", "--json", "--no-dashboard"], other.folder, environment());
      const ready = await dev.event("ready");
      expect(ready.dashboard).toBeUndefined();
      // Nothing starts later either: the spare process is the last.
      await dev.until(() => dev!.descendants().length === 3);
      expect(existsSync(join(other.folder, ".kerf/telemetry.db"))).toBe(false);
      dev.interrupt();
      await dev.exited;
    } finally {
      other.remove();
    }
  });
});
