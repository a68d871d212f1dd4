/** Looking after an application that runs: dead letters, sagas, status, as a person sees them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLog, loadGraph, newTrace, openServer, startUnit, type RunningUnit } from "@kerf/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import app from "./fixture/looked-after/kerf.config.ts";
import { orders } from "./fixture/looked-after/services/orders/contract.ts";
import { weather } from "./fixture/looked-after/weather.ts";
import { kerf } from "./kerf-process.ts";
import { mcpClient } from "./mcp-client.ts";

const folder = fileURLToPath(new URL("fixture/looked-after", import.meta.url));
const data = mkdtempSync(join(tmpdir(), "kerf-operations-"));
let server: Awaited<ReturnType<typeof openServer>>;
let unit: RunningUnit | undefined;

/** As a shell would run it, on the data of the unit that runs here. */
const run = (...args: string[]) => kerf([...args, "--data", data], folder);
const asJson = async (...args: string[]) => JSON.parse((await run(...args, "--json")).out);

async function start(): Promise<void> {
  const topology = app.topologies.get("all")!;
  unit = await startUnit({
    graph: await loadGraph(app),
    topology,
    unit: topology.units[0]!,
    endpoints: new Map(),
    listen: undefined,
    server,
    log: createLog({ unit: "all", level: "silent" }),
    settings: { NODE_ENV: "test", KERF_REPLICA: "here" },
    timing: { giveUpMs: 200 },
  });
}

/** What the pages show is what was printed, but for what differs from run to run. */
const page = (name: string): string =>
  fileURLToPath(new URL(`../../../docs/examples/operations/${name}`, import.meta.url));
const quotable = (out: string): string =>
  out
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "2026-11-21T10:00:00Z")
    .replaceAll(/[0-9a-f]{32}-[0-9a-f]{16}/g, "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7")
    .replaceAll(/(in|after) \d+ m?s/g, "$1 8 ms")
    .replaceAll(/^ *\+\d+ m?s /gm, "     +8 ms ")
    .replaceAll(/begun \+\d+ m?s/g, "begun +8 ms")
    .replaceAll(/"o-\d" \[/g, '"o-2" [');

beforeAll(async () => {
  server = await openServer({ dataDir: data });
  await start();
  for (const id of ["o-1", "o-2"])
    await unit!.callAs("orders", {
      member: orders.place,
      input: id === "o-2" ? { id, note: "ring twice" } : { id },
      id: undefined,
      deadlineAt: Date.now() + 10_000,
      actor: undefined,
      traceparent: newTrace(),
      signal: new AbortController().signal,
    });
  await vi.waitFor(
    async () => expect(await unit!.status()).toMatchObject({ deadLetters: 2, parkedSagas: 2 }),
    { timeout: 30_000, interval: 50 },
  );
}, 60_000);
afterAll(async () => {
  await unit?.drain();
  await server?.close({ now: true });
  rmSync(data, { recursive: true, force: true });
});

describe("kerf status", () => {
  test("shows what needs somebody", async () => {
    const { out, code, err } = await run("status");
    expect(err).toBe("");
    expect(code).toBe(0);
    await expect(quotable(out)).toMatchFileSnapshot(page("status.txt"));
    expect(await asJson("status")).toMatchObject({
      app: "kiosk",
      services: [
        { service: "orders", parkedSagas: 2, replicas: [{ replica: "here", relay: true }] },
        { service: "stock", deadLetters: 2 },
      ],
      alarms: [{ level: "error", name: "parked sagas" }, { name: "dead letters" }],
    });
  });
});

test("kerf mcp shows sagas and dead letters without what is sensitive, and replays none unless that is allowed", async () => {
  await using assistant = await mcpClient(["--data", data], folder);
  const { ask, client, seen } = assistant;
  expect((await ask("list_sagas", { state: "parked" })).sagas).toHaveLength(2);
  expect(await ask("get_saga", { id: "o-2" })).toMatchObject({
    state: "parked",
    input: { id: "o-2", note: "[sensitive]" },
    steps: [
      { name: "take the goods", input: { sku: "horse" }, output: { shelf: 7 } },
      { error: { code: "SoldOut", data: { sku: "unicorn" } } },
    ],
  });
  const { groups } = await ask("list_dead_letters");
  expect(groups).toMatchObject([{ service: "stock", messages: 2 }]);
  const { letters } = await ask("list_dead_letters", { service: "stock", cause: groups[0].cause });
  expect(letters).toHaveLength(2);
  expect(letters).toContainEqual(
    expect.objectContaining({ key: "o-2", data: { id: "o-2", note: "[sensitive]" } }),
  );
  expect(await ask("get_saga", { id: "o-3" })).toEqual({
    error: 'There is no saga "o-3". list_sagas has the latest.',
  });
  expect(await ask("search_traces")).toEqual({ error: expect.stringContaining('Start it with "kerf dev"') });
  expect(await ask("call_member", { member: "stock@1.take", input: {} })).toEqual({
    error: expect.stringContaining("kerf mcp --allow-calls"),
  });
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).not.toContain("replay_dead_letters");
  expect(seen.join("\n")).not.toContain("ring twice");

  await using allowed = await mcpClient(["--data", data, "--allow-operations"], folder);
  expect(
    await allowed.ask("replay_dead_letters", { service: "stock", cause: "00000000", reason: "a test" }),
  ).toEqual({
    error: "There is no such dead letter, or its replay was asked for already.",
  });
});

describe("kerf dead-letters", () => {
  test("lists them by cause, in columns, without what a terminal would obey", async () => {
    const { out, code } = await run("dead-letters");
    expect(code).toBe(0);
    expect(out).not.toContain("\u001b");
    await expect(quotable(out)).toMatchFileSnapshot(page("dead-letters.txt"));
    const [group] = (await asJson("dead-letters", "--service", "stock")).groups;
    expect(group).toMatchObject({ service: "stock", messages: 2, keys: 2, type: "orders@1.placed" });
    const { out: each } = await run("dead-letters", "list", "--cause", group.cause);
    expect(each.split("\n")).toHaveLength(4);
    expect((await run("dead-letters", "--service", "orders")).out).toBe("There are no dead letters.\n");
  });

  test("shows one with its message, replays it, and remembers who did", async () => {
    const [group] = (await asJson("dead-letters")).groups;
    const { letters } = await asJson("dead-letters", "list", "--cause", group.cause);
    const letter = letters.find((l: { key: string }) => l.key === "o-1");
    const { out } = await run("dead-letters", "show", letter.id);
    for (const part of [
      `orders@1.placed ${letter.id}`,
      "  service      stock",
      "  key          o-1",
      "  source       orders",
      "  traceparent  00-",
      '  data         {"id":"o-1"}',
    ])
      expect(out).toContain(part);
    expect(letter.attempts).toBeGreaterThan(1);

    weather.labelFails = false;
    const replayed = await run(
      "dead-letters",
      "replay",
      letter.id,
      "--as",
      "ann",
      "--reason",
      "paper is there",
    );
    expect(replayed).toMatchObject({ code: 0, err: "", out: "1 dead letter of stock to be replayed.\n" });
    await expect.poll(async () => (await unit!.status()).deadLetters, { timeout: 10_000 }).toBe(1);
    const shown = (await run("dead-letters", "show", letter.id)).out;
    expect(shown).toMatch(
      /^It is no dead letter any more: it was handled after its replay\.\nwhat was done\n {2}.{20} {2}replay by ann: paper is there\n$/,
    );
    const again = await run("dead-letters", "replay", letter.id);
    expect(again).toMatchObject({ code: 1, out: "" });
    expect(again.err).toContain("There is no dead letter");
  });

  test("drops with a reason only", async () => {
    const [group] = (await asJson("dead-letters")).groups;
    const refused = await run("dead-letters", "drop", "--cause", group.cause);
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toContain("needs --reason TEXT");
    const dropped = await run(
      "dead-letters",
      "drop",
      "--cause",
      group.cause,
      "--reason",
      "called the customer",
    );
    expect(dropped).toMatchObject({ code: 0, out: "1 dead letter of stock dropped.\n" });
    expect((await run("dead-letters")).out).toBe("There are no dead letters.\n");
    expect((await run("dead-letters", "replay", "--all")).err).toContain("There is nothing to replay");
  });

  test.each([
    [["dead-letters", "shwo"], 'Did you mean "show"?'],
    [["dead-letters", "show"], "needs an ID"],
    [["dead-letters", "replay"], "needs one of: an ID, --cause CAUSE, --all"],
    [["dead-letters", "replay", "x", "--all"], "needs one of"],
    [["dead-letters", "replay", "--all", "--rate", "fast"], "a whole number from 1"],
    [["dead-letters", "--service", "stok"], 'Did you mean "stock"?'],
    [["sagas", "--state", "parkd"], 'Did you mean "parked"?'],
    [["sagas", "retry"], "needs an ID"],
  ])("%j is wrong usage", async (args, message) => {
    const { code, err, out } = await run(...args);
    expect(err).toContain(message);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });
});

describe("kerf sagas", () => {
  test("lists them by state", async () => {
    const { out, code } = await run("sagas", "--state", "parked");
    expect(code).toBe(0);
    expect(out).toMatch(
      /^checkout of orders: 2 parked\n\nid   saga      service  state   started               at step         why\no-\d  checkout  orders   parked  .{20}  take the goods  the undo of its step "take the goods" was refused \(NotOurs\)\n/,
    );
  });

  test("shows one as a timeline of its steps", async () => {
    const { out } = await run("sagas", "show", "o-1");
    await expect(quotable(out)).toMatchFileSnapshot(page("saga.txt"));
  });

  test("retries one, which goes on at once, and gives up another, with a reason", async () => {
    weather.returnsRefused = false;
    expect(await run("sagas", "retry", "o-1", "--as", "ann")).toMatchObject({
      code: 0,
      err: "",
      out: 'The saga checkout "o-1" goes on with undoing.\n',
    });
    await expect.poll(async () => (await unit!.status()).parkedSagas, { timeout: 10_000 }).toBe(1);
    expect((await asJson("sagas", "show", "o-1")).state).toBe("refused");
    const refused = await run("sagas", "retry", "o-1");
    expect(refused.code).toBe(1);
    expect(refused.err).toBe('The saga checkout "o-1" is refused: only a parked one can be retried.\n');

    expect((await run("sagas", "give-up", "o-2")).code).toBe(2);
    const given = await run("sagas", "give-up", "o-2", "--reason", "paid by hand", "--as", "ben");
    expect(given.out).toBe('The saga checkout "o-2" is given up.\n  are perhaps undone: take the goods\n');
    const { state, actions } = await asJson("sagas", "show", "o-2");
    expect(state).toBe("abandoned");
    expect(actions).toMatchObject([{ what: "give up", who: "ben", why: "paid by hand" }]);
    expect((await run("sagas", "show", "o-2")).out).toMatch(/give up by ben: paid by hand\n$/);
    expect((await run("sagas", "show", "o-3")).err).toBe('There is no saga "o-3".\n');
  });
});

test("where nothing runs, they look all the same, and say that it waits for a unit", async () => {
  weather.returnsRefused = true;
  await unit!.callAs("orders", {
    member: orders.place,
    input: { id: "o-9" },
    id: undefined,
    deadlineAt: Date.now() + 10_000,
    actor: undefined,
    traceparent: newTrace(),
    signal: new AbortController().signal,
  });
  await expect.poll(async () => (await unit!.status()).parkedSagas, { timeout: 10_000 }).toBe(1);
  await unit!.drain();
  expect((await run("status")).out).toMatch(/^orders {3}nowhere /m);
  const { err, code } = await run("sagas", "retry", "o-9");
  expect({ err, code }).toEqual({ err: "No unit with orders runs: it waits for one.\n", code: 0 });
});

test("where the application never ran, that is said, and no server is made", async () => {
  const none = join(data, "none");
  const { code, err } = await kerf(["dead-letters", "--data", none], folder);
  expect(code).toBe(1);
  expect(err).toContain(`There is no data in ${none}: the application has not run with it.`);
});
