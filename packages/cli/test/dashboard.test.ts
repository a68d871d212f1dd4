/** The dashboard that `kerf dev` opens, asked as its page asks: real processes, a real database, real telemetry. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type {
  AppView,
  CallAnswer,
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

    const { traces } = await until<TraceList>("/api/traces?service=names", (list) =>
      // Each unit sends when it is its turn: the gateway's may be the last.
      list.traces.some(({ service }) => service === "gateway"),
    );
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
      otlp: { http: new URL(dashboard!).origin, grpc: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
    });
    const view = await read<ServiceView>("/api/services/hello");
    expect(view.members.find(({ name }) => name === "greet")).toMatchObject({
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

    // What is told to programs of this user, and what they may do with it.
    const file = join(app.folder, ".kerf/dashboard.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const address = JSON.parse(readFileSync(file, "utf8")) as { url: string; token: string; pid: number };
    const ask = async <T>(path: string, body?: object): Promise<T> => {
      const response = await fetch(address.url + path, {
        method: body ? "POST" : "GET",
        headers: { authorization: `Bearer ${address.token}`, "content-type": "application/json" },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return (response.status === 204 ? undefined : await response.json()) as T;
    };
    expect(await ask("/api/people")).toEqual({ people: [] });
    const greeted = await ask<CallAnswer>("/api/call", { member: "hello@1.greet", input: { id: "a b" } });
    expect(greeted).toMatchObject({ status: 200, id: null, request: `GET ${gateway}/v1/hello/a%20b` });
    await until<TraceView>(`/api/traces/${greeted.traceId}`, ({ spans }) =>
      spans.some((span) => span.service === "names"),
    );
    const renamed = { member: "names@1.rename", input: { id: "ada", name: "Countess" } };
    const first = await ask<CallAnswer>("/api/call", renamed);
    expect(first.status).toBe(200);
    const again = { ...renamed, id: first.id, input: { id: "ada", name: "Nobody" } };
    expect(await ask("/api/call", again)).toMatchObject({ status: 422 });
    // What has no route is called past the gateway, in the unit that has it.
    const named = { member: "names@1.name", input: { id: "ada" } };
    const answered = await ask<CallAnswer>("/api/call", named);
    expect(answered).toMatchObject({ status: 200, body: { name: "Countess" } });
    expect(await ask("/api/call", { ...named, input: { ID: "ada" } })).toMatchObject({
      status: 400,
      body: { code: "INVALID_ARGUMENT", errors: [{ path: "ID" }, { path: "id" }] },
    });
    const past = await until<TraceView>(`/api/traces/${answered.traceId}`, ({ spans }) => spans.length > 1);
    expect(past.spans[0]).toMatchObject({ service: "operator", parentSpanId: null, unit: "back" });
    expect(past.spans.some(({ service, unit }) => service === "names" && unit === "back")).toBe(true);
    await until<ServiceView>("/api/services/names", ({ members }) =>
      members.some(({ name, callers }) => name === "name" && callers.some((one) => one.name === "operator")),
    );
    const event = { channel: "names@1.renamed", data: { id: "ada", name: "Countess" } };
    expect(await ask("/api/publish", event)).toMatchObject({ key: "ada" });
    expect(await ask("/api/publish", { ...event, data: { id: "ada" } })).toMatchObject({
      violations: [{ path: "name" }],
    });

    // A unit that is drained stays to be looked at, and works again when it is restarted.
    expect((await post("/api/units/none/drain", {})).status).toBe(404);
    expect((await post("/api/units/back/drain", {})).status).toBe(204);
    await dev.event("drained", "back");
    const drained = (await read<TopologyView>("/api/topology")).units.find(({ name }) => name === "back")!;
    expect(drained.processes[0]).toMatchObject({ state: "drained", restarts: 1, pid: expect.any(Number) });
    expect(await ask("/api/call", renamed)).toMatchObject({ status: 503 });
    expect(await ask("/api/call", named)).toMatchObject({
      error: expect.stringMatching(/"back".*not ready/),
    });
    const said = dev.said.length;
    expect((await post("/api/topology/restart", { process: "back" })).status).toBe(204);
    await dev.event("ready-again", "back", said);
    expect(await ask("/api/call", renamed)).toMatchObject({ status: 200 });

    // Who comes to a gateway that is drained is refused, and does not wait for it.
    expect((await post("/api/units/front/drain", {})).status).toBe(204);
    await dev.event("drained", "front");
    await expect(fetch(`${gateway}/v1/hello/ada`)).rejects.toThrow();
    expect(await ask("/api/call", renamed)).toMatchObject({
      error: expect.stringMatching(/does not answer/),
    });
    expect((await post("/api/topology/restart", { process: "front" })).status).toBe(204);
    await expect
      .poll(async () => (await fetch(`${gateway}/v1/hello/ada`)).status, { timeout: 20_000 })
      .toBe(200);

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
    expect(existsSync(file)).toBe(false);

    dev = new KerfProcess(["dev", "--topology", "split", "--port", "0", "--json"], app.folder, environment());
    const next = await page((await dev.event("ready")).dashboard!);
    expect((await next.read<TraceView>(`/api/traces/${traces[0]!.traceId}`)).spans).toHaveLength(
      whole.spans.length,
    );
  }, 120_000);

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
