/** Sagas and dead letters as the dashboard shows them, and what people do to them there. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applicationOf, openDashboard, type Dashboard } from "@kerf/dashboard";
import type {
  DeadLetterGroups,
  DeadLetterList,
  Done,
  Problem,
  Published,
  EventsView,
  SagaList,
  SagaView,
  ServiceList,
} from "@kerf/dashboard/api";
import {
  createLog,
  loadGraph,
  newTrace,
  openOperations,
  openServer,
  startUnit,
  stateByHand,
  traceIdOf,
  type RunningUnit,
} from "@kerf/runtime";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import app from "./fixture/looked-after/kerf.config.ts";
import { orders } from "./fixture/looked-after/services/orders/contract.ts";
import { weather } from "./fixture/looked-after/weather.ts";

const TOKEN = "a-token-of-a-test-that-nobody-can-guess";
const data = mkdtempSync(join(tmpdir(), "kerf-records-"));
let server: Awaited<ReturnType<typeof openServer>>;
let unit: RunningUnit;
let dashboard: Dashboard;
let cookie: string;
const traceparent = newTrace();

beforeAll(async () => {
  server = await openServer({ dataDir: data });
  const graph = await loadGraph(app);
  const topology = app.topologies.get("all")!;
  const settings = { NODE_ENV: "test", KERF_REPLICA: "here" };
  unit = await startUnit({
    graph,
    topology,
    unit: topology.units[0]!,
    endpoints: new Map(),
    listen: undefined,
    server,
    log: createLog({ unit: "all", level: "silent" }),
    settings,
    timing: { giveUpMs: 200 },
  });
  dashboard = await openDashboard({
    host: "127.0.0.1",
    port: 0,
    token: TOKEN,
    file: ":memory:",
    app: app.name,
    topology: "all",
    who: "ada",
    gateway: () => undefined,
    application: async () => applicationOf(graph, topology),
    operations: () => openOperations({ graph, server, settings }),
    state: async (event) => stateByHand(graph, event),
    control: undefined,
    onError: (error) => console.error(error),
  });
  const login = await post("/api/session", { token: TOKEN });
  cookie = login.headers.get("set-cookie")!.split(";")[0]!;
  for (const id of ["o-1", "o-2"])
    await unit.callAs("orders", {
      member: orders.place,
      input: { id },
      id: undefined,
      deadlineAt: Date.now() + 10_000,
      actor: undefined,
      traceparent,
      signal: new AbortController().signal,
    });
  await vi.waitFor(
    async () => expect(await unit.status()).toMatchObject({ deadLetters: 2, parkedSagas: 2 }),
    {
      timeout: 30_000,
      interval: 50,
    },
  );
}, 60_000);

afterAll(async () => {
  await dashboard?.close();
  await unit?.drain();
  await server?.close({ now: true });
  rmSync(data, { recursive: true, force: true });
});

async function read<T>(path: string): Promise<T> {
  const response = await fetch(dashboard.endpoint + path, { headers: { cookie } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

function post(path: string, body: object): Promise<Response> {
  return fetch(dashboard.endpoint + path, {
    method: "POST",
    headers: {
      origin: dashboard.endpoint,
      "content-type": "application/json",
      ...(cookie ? { cookie } : {}),
    },
    body: JSON.stringify(body),
  });
}

test("events say who is told, who is behind, and what was given up on", async () => {
  const { events } = await read<EventsView>("/api/events");
  const placed = events.find(({ type }) => type === "orders@1.placed")!;
  expect(placed.subscribers.find(({ service }) => service === "stock")).toMatchObject({
    lag: 0,
    deadLetters: 2,
  });
  const { services } = await read<ServiceList>("/api/services");
  expect(services.map(({ name, database }) => [name, database])).toContainEqual(["stock", true]);
});

test("a dead letter is found by its cause, replayed when that is mended, and dropped with a reason only", async () => {
  const { groups } = await read<DeadLetterGroups>("/api/dead-letters");
  expect(groups).toMatchObject([
    { service: "stock", type: "orders@1.placed", messages: 2, keys: 2, replaying: 0 },
  ]);
  const { cause } = groups[0]!;
  const { letters } = await read<DeadLetterList>(`/api/dead-letters/letters?service=stock&cause=${cause}`);
  expect(letters).toHaveLength(2);
  // Of two keys, either may be given up on first.
  expect(letters.find(({ key }) => key === "o-1")).toMatchObject({
    state: "dead",
    traceId: traceIdOf(traceparent),
    message: { data: { id: "o-1" } },
  });

  expect((await post("/api/dead-letters/replay", { service: "stock" })).status).toBe(400);
  expect((await post("/api/dead-letters/replay", { service: "none", cause })).status).toBe(404);
  expect((await post("/api/dead-letters/replay", { service: "stock", cause, perSecond: -1 })).status).toBe(
    400,
  );
  expect((await post("/api/dead-letters/drop", { service: "stock", id: letters[1]!.id })).status).toBe(400);

  const dropped = await post("/api/dead-letters/drop", {
    service: "stock",
    id: letters[1]!.id,
    reason: "a test",
  });
  expect((await dropped.json()) as Done).toEqual({ messages: 1, lastAt: null });
  weather.labelFails = false;
  const replayed = await post("/api/dead-letters/replay", { service: "stock", cause, perSecond: 100 });
  expect((await replayed.json()) as Done).toMatchObject({ messages: 1 });
  await expect
    .poll(() => read<DeadLetterGroups>("/api/dead-letters"), { timeout: 10_000, interval: 50 })
    .toEqual({ groups: [] });
});

test("a parked saga is shown with its steps, retried, and given up with a reason only", async () => {
  const { sagas, counts } = await read<SagaList>("/api/sagas?state=parked");
  expect(sagas).toHaveLength(2);
  expect(counts).toMatchObject([{ service: "orders", state: "parked", sagas: 2 }]);
  const [one, other] = sagas.map(
    ({ service, name, id }) => `/api/sagas/${service}/${name}/${encodeURIComponent(id)}`,
  );
  const saga = await read<SagaView>(one!);
  expect(saga).toMatchObject({ state: "parked", traceId: traceIdOf(traceparent), actions: [] });
  expect(saga.steps.length).toBeGreaterThan(0);
  expect(JSON.stringify(saga)).not.toContain("traceparent");

  expect((await post(`${one}/give-up`, {})).status).toBe(400);
  expect((await post(`${one}/give-up`, { reason: "a test" })).status).toBe(204);
  expect((await post(`${one}/give-up`, { reason: "again" })).status).toBe(409);
  expect(await read<SagaView>(one!)).toMatchObject({
    state: "abandoned",
    actions: [{ who: "ada", what: "give up", why: "a test" }],
  });
  expect((await post(`${other}/retry`, {})).status).toBe(204);
  expect((await read<SagaView>(other!)).actions).toMatchObject([{ who: "ada", what: "retry", why: null }]);
});

test("an event that is published by hand is delivered as every other, and it is recorded who did it", async () => {
  weather.labelFails = true;
  const reason = "the test asked for it";
  const response = await post("/api/publish", {
    channel: "orders@1.placed",
    data: { id: "by-hand" },
    reason,
  });
  expect(response.status).toBe(200);
  const published = (await response.json()) as Published;
  expect(published).toMatchObject({ key: "by-hand", traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  await using operations = await openOperations({ graph: await loadGraph(app), server, settings: {} });
  expect(await operations.services.get("orders")!.actions(published.id, "orders@1")).toMatchObject([
    { who: "ada", what: "publish", why: reason, detail: { type: "orders@1.placed", key: "by-hand" } },
  ]);
  // What its subscriber cannot do becomes a dead letter, with all that it was published with.
  const { letters } = await vi.waitFor(
    async () => {
      const list = await read<DeadLetterList>(`/api/dead-letters/letters?service=stock&id=${published.id}`);
      expect(list.letters).toHaveLength(1);
      return list;
    },
    { timeout: 10_000, interval: 50 },
  );
  expect(letters[0]).toMatchObject({
    state: "dead",
    key: "by-hand",
    type: "orders@1.placed",
    traceId: published.traceId,
    message: { data: { id: "by-hand" }, source: "orders", sequence: expect.any(Number) },
  });
});

test.each([
  ["no data", { channel: "orders@1.placed" }, 400, ""],
  ["what does not fit", { channel: "orders@1.placed", data: { id: 7 } }, 400, "id"],
  ["a field that nobody knows", { channel: "orders@1.placed", data: { id: "x", ID: "y" } }, 400, "ID"],
  ["a key that is not in the data", { channel: "orders@1.placed", data: { id: "x" }, key: "y" }, 400, "id"],
  ["a command", { channel: "orders@1.place", data: { id: "x" } }, 400, ""],
  ["an event of nobody", { channel: "constructor", data: { id: "x" } }, 400, ""],
  ["a channel that is no text", { channel: ["orders@1.placed"], data: { id: "x" } }, 400, ""],
  ["data that is a list", { channel: "orders@1.placed", data: [] }, 400, ""],
])("publishing %s is refused, and says where it is wrong", async (_, body, status, path) => {
  const response = await post("/api/publish", body);
  const problem = (await response.json()) as Problem;
  expect(response.status).toBe(status);
  expect((problem.violations ?? []).map((one) => one.path)).toEqual(path === "" ? [] : [path]);
});
