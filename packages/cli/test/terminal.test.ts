/** What the dashboard keeps, in a terminal and for coding assistants: real processes, real telemetry, the stock client. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LogLine, TraceSummary, TraceView } from "@kerf/dashboard/api";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Failure, UsageError } from "../src/usage.ts";
import { CARD, startCounter, traceIdOf } from "./counter.ts";
import { kerf, KerfProcess } from "./kerf-process.ts";
import { mcpClient } from "./mcp-client.ts";

let counter: Awaited<ReturnType<typeof startCounter>>;
/** Ids of the traces of two requests that were refused. */
let soldOut: string;
let unknown: string;

const run = (...args: string[]) => counter.run(...args);
const asJson = (...args: string[]) => counter.asJson(...args);

beforeAll(async () => {
  counter = await startCounter();
  const { gateway, place } = counter;
  expect((await place("horse")).status).toBe(200);
  soldOut = await traceIdOf(place("unicorn"));
  unknown = await traceIdOf(fetch(`${gateway}/v1/orders/o-none`));
  // Spans, metrics and lines of the log come by and by.
  await vi.waitFor(
    async () => {
      expect((await run("logs", "--text", "wrote a letter")).out).toContain("o-horse");
      expect((await asJson("trace")).traces).toHaveLength(3);
      expect((await run("metrics", "--names")).out).toContain("kerf.edge.duration");
    },
    { timeout: 20_000, interval: 300 },
  );
}, 60_000);

afterAll(() => counter?.[Symbol.asyncDispose]());

/** What the page shows is what was printed, but for what differs from run to run. */
const page = (name: string): string =>
  fileURLToPath(new URL(`../../../docs/examples/terminal/${name}`, import.meta.url));

/** Times, ids and bars as they might be, in columns as wide as they were. */
function quotable(out: string): string {
  return out
    .replaceAll(/\b[0-9a-f]{32}\b/g, "4bf92f3577b34da6a3ce929d0e0e4736")
    .replaceAll(/\b[0-9a-f]{12}\b/g, "4bf92f3577b3")
    .replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, "10:00:00.000")
    .replaceAll(/(took |\+)[\d.]+ m?s/g, (_, before: string) => `${before}8 ms`)
    .replaceAll(/ +[\d.]+ m?s(?= |$)/gm, (found) => "8 ms".padStart(found.length))
    .replaceAll(/ [▏█ ]*[▏█]$/gm, " ████");
}

describe("kerf trace", () => {
  test("finds traces by what they hold", async () => {
    const { traces } = (await asJson("trace", "--status", "error", "--member", "orders@1.place")) as {
      traces: TraceSummary[];
    };
    expect(traces).toEqual([
      {
        traceId: soldOut,
        name: "POST /v1/orders",
        service: "gateway",
        services: ["gateway", "orders"],
        errors: 1,
        spans: expect.any(Number),
        startAt: expect.any(Number),
        durationMs: expect.any(Number),
      },
    ]);
    const { out } = await run("trace", "--attribute", "kerf.error.code=SoldOut");
    expect(out.split("\n")).toHaveLength(3);
    expect(out).toContain(soldOut.slice(0, 12));
    expect((await asJson("trace", "--service", "mail")).traces).toHaveLength(1);
    expect((await run("trace", "--slower", "1h")).out).toBe("There is no such trace.\n");
  });

  test("shows one as a tree in time, with the lines of the log in their places", async () => {
    const { traces } = (await asJson("trace", "--text", "o-horse")) as { traces: TraceSummary[] };
    const { out, code } = await run("trace", traces.at(-1)!.traceId.slice(0, 10));
    expect(code).toBe(0);
    expect(out).not.toContain("\u001b");
    expect(out).not.toContain(CARD);
    expect(out).toMatch(
      /mail {2}process orders@1\.placed .*\n(?:.*\n)*? +╵ .*warn {2}wrote a letter {2}id=o-horse\n/,
    );
    expect(out).toMatch(/^\* gateway {2}POST \/v1\/orders /m);
    const failed = await run("trace", unknown);
    await expect(quotable(failed.out)).toMatchFileSnapshot(page("trace.txt"));
    const view = (await asJson("trace", unknown)) as TraceView;
    expect(view).toMatchObject({ traceId: unknown, truncated: false });
    expect(view.spans[0]).toMatchObject({ service: "gateway", critical: true });
  });

  test.each([
    [["trace", "ffffffff"], 1, "There is no trace ffffffff: it is not there yet"],
    [["trace", "yes"], 2, '"yes" is no id of a trace'],
    [["trace", "ffffffff", "--service", "mail"], 2, "--service is for the list"],
    [["trace", "--slower", "slowly"], 2, "--slower slowly: write a time as 200ms"],
    [["trace", "--since", "lately"], 2, "--since lately: write 1h"],
    [["trace", "--status", "bad"], 2, "--status bad: it takes one of error, ok"],
    [["logs", "--level", "loud"], 2, "--level loud: it takes one of trace"],
    [["metrics", "kerf.edge.druation"], 2, 'Did you mean "kerf.edge.duration"?'],
    [["metrics", "--window", "1s"], 2, "it is 10s at least"],
    [["events", "--service", "mails"], 2, 'Did you mean "mail"?'],
    [["events", "publish", "orders@1.placed", "{"], 2, "The data is no JSON"],
    [["events", "publish", "orders@1.placed", '{"id":7}'], 1, "id must be text"],
  ])("kerf %j is refused with a clear word", async (args, exitCode, message) => {
    const refused = run(...args);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(exitCode === 2 ? UsageError : Failure);
  });
});

test("kerf logs shows the lines of a trace, and of a level and above", async () => {
  const { out } = await run("logs", "--level", "warn");
  expect(out).toMatch(
    /^all \| \d\d:\d\d:\d\d\.\d{3} warn {2}on orders@1\.placed wrote a letter .*id=o-horse/m,
  );
  expect(out).not.toContain("placed an order");
  const { logs } = (await asJson("logs", "--text", "placed an order")) as { logs: LogLine[] };
  expect(logs).toMatchObject([
    { level: "info", service: "orders", unit: "all", attributes: { sku: "horse" } },
  ]);
  expect((await asJson("logs", "--trace", logs[0]!.traceId!)).logs).toHaveLength(2);
  expect((await run("logs", "--trace", soldOut)).out).toBe("There are no such lines.\n");
});

test("kerf metrics tells of members, of edges, and of a metric over time", async () => {
  const members = await run("metrics");
  expect(members.out).toMatch(/^service +member +count +rate +errors +refused +p50 +p95 +p99\n/);
  expect(members.out).toMatch(/^orders +orders@1\.place +2 +\S+ +- +1 \(50 %\) +/m);
  const { rates } = await asJson("metrics", "--by", "edge", "--service", "orders");
  expect(rates).toContainEqual(
    expect.objectContaining({
      caller: "gateway",
      callee: "orders",
      member: "orders@1.place",
      count: 2,
      errors: 0,
      refused: 1,
    }),
  );
  await expect
    .poll(async () => (await run("metrics", "kerf.edge.duration", "--by", "kerf.member")).out, {
      timeout: 10_000,
    })
    .toMatch(/^orders@1\.place +[·▁▂▃▄▅▆▇█]+ /m);
});

test("kerf events tells who is told of what, and publishes by hand", async () => {
  const { out } = await run("events");
  expect(out).toMatch(/^orders@1\.placed +\S+ +mail +\S+ +- +.* ms +0 +- +-$/m);
  const published = await run(
    "events",
    "publish",
    "orders@1.placed",
    '{"id":"o-by-hand"}',
    "--reason",
    "a test",
  );
  expect(published).toMatchObject({ code: 0, out: expect.stringContaining("Published as ") });
  await expect
    .poll(async () => (await asJson("logs", "--text", "o-by-hand")).logs, { timeout: 10_000 })
    .toMatchObject([{ service: "mail", message: "wrote a letter" }]);
});

test("they go on with what comes, one object a line, until Ctrl-C", async () => {
  const followed = [
    ["trace", "--follow", "--json", "--member", "orders@1.show"],
    ["logs", "--follow", "--json", "--text", "cow"],
    ["metrics", "--follow", "--json"],
  ].map((args) => new KerfProcess(args, counter.folder));
  const [traces, logs, metrics] = followed as [KerfProcess, KerfProcess, KerfProcess];
  await metrics.until(() => metrics.out.includes("\n"));
  await counter.place("cow");
  await fetch(`${counter.gateway}/v1/orders/o-cow`);
  await traces.until(() => traces.out.includes("GET /v1/orders/:id"));
  await logs.until(() => logs.out.includes("wrote a letter"));
  for (const one of followed) one.interrupt();
  for (const one of followed) {
    expect(await one.exited).toEqual({ code: 130, signal: null });
    expect(one.err).toBe("");
    for (const line of one.out.trimEnd().split("\n")) expect(JSON.parse(line)).toBeTypeOf("object");
  }
  expect(traces.out.trimEnd().split("\n")).toHaveLength(1);
});

test("where nothing was kept, they say what to do", async () => {
  const none = mkdtempSync(join(tmpdir(), "kerf-none-"));
  try {
    for (const command of ["trace", "logs", "metrics", "events"])
      await expect(run(command, "--data", none)).rejects.toThrow(
        `There is no telemetry in ${none}: kerf dev collects it. Start it with "kerf dev"`,
      );
    const { code, err } = await kerf(["trace", "--data", none], counter.folder);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining("or name the folder of its data with --data."),
    });
  } finally {
    rmSync(none, { recursive: true });
  }
});

describe("kerf mcp", () => {
  test("lets an assistant find out why something failed, and call what changes nothing", async () => {
    await using assistant = await mcpClient([], counter.folder);
    const { client, ask, seen, strange } = assistant;
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).not.toContain("replay_dead_letters");
    expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);

    const { services } = await ask("list_services");
    expect(services[0].members).toContain("command orders@1.place (POST /orders)");
    const { members } = await ask("describe_service", { service: "orders", member: "place" });
    expect(members[0].input.properties).toHaveProperty("card");
    expect(await ask("describe_service", { service: "order" })).toEqual({
      error: 'There is no service "order". Did you mean "orders"? There are: orders, mail.',
    });

    const { traces } = await ask("search_traces", { status: "error", member: "orders@1.place" });
    expect(traces).toMatchObject([{ trace: soldOut }]);
    const { errors, spans } = await ask("get_trace", { trace: soldOut });
    expect(errors[0].attributes).toMatchObject({ "kerf.error.code": "SoldOut" });
    expect((await ask("get_trace", { trace: soldOut, span: spans[0].span })).span.service).toBe("gateway");
    expect((await ask("search_logs", { level: "warn" })).logs[0]).toMatchObject({
      message: "wrote a letter",
    });
    expect((await ask("get_rates", { by: "edge", service: "orders" })).rates[0]).toHaveProperty("p99Ms");
    expect((await ask("get_metric")).metrics.length).toBeGreaterThan(3);
    expect((await ask("get_events")).events[0].subscribers[0]).toMatchObject({ service: "mail", waiting: 0 });
    expect((await ask("get_topology")).units[0].processes[0]).toMatchObject({ state: "ready" });

    const shown = await ask("call_member", { member: "orders@1.show", input: { id: "o-horse" } });
    expect(shown).toMatchObject({ status: 200, body: { id: "o-horse", card: "[sensitive]" } });
    const refused = await ask("call_member", { member: "orders@1.place", input: { sku: "pig", card: CARD } });
    expect(refused["error"]).toContain("orders@1.place is a command");
    expect(refused["error"]).toContain("kerf mcp --allow-calls");
    // What has no route is called past the gateway, where the same is asked of a person.
    const count = { member: "orders@1.count", as: "ann" };
    expect(await ask("list_people")).toMatchObject({ people: [{ id: "ann" }, { id: "bob" }] });
    expect(await ask("call_member", count)).toMatchObject({
      status: 200,
      body: { orders: expect.any(Number) },
      trace: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(await ask("call_member", { ...count, as: "bob" })).toMatchObject({
      status: 403,
      body: { code: "PERMISSION_DENIED" },
    });
    expect(await ask("call_member", { member: "orders@1.count" })).toMatchObject({
      status: 401,
      body: { code: "UNAUTHENTICATED" },
    });
    const cancel = await ask("call_member", { member: "orders@1.cancel", input: { id: "o-horse" } });
    expect(cancel["error"]).toContain("orders@1.cancel is a command");
    const pig = await (await fetch(`${counter.gateway}/v1/orders/o-pig`)).json();
    expect(pig).toMatchObject({ code: "Unknown" });

    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toContain("kerf://contracts/openapi.json");
    const { contents } = await client.readResource({ uri: "kerf://contracts/openapi.json" });
    expect(JSON.parse((contents[0] as { text: string }).text).paths).toHaveProperty("/v1/orders");
    expect(seen.join("\n")).not.toContain(CARD);
    expect(strange).toEqual([]);
  });

  test("calls commands where that is allowed, and shows nothing that is sensitive in refusals either", async () => {
    await using assistant = await mcpClient(["--allow-calls"], counter.folder);
    const { ask, seen } = assistant;
    const input = { sku: "unicorn", card: CARD };
    expect(await ask("call_member", { member: "orders@1.place", input })).toMatchObject({
      status: 409,
      body: { code: "SoldOut", data: { sku: "unicorn", card: "[sensitive]" } },
    });
    expect(
      await ask("call_member", { member: "orders@1.place", input: { ...input, sku: "hen" } }),
    ).toMatchObject({
      status: 200,
      body: { id: "o-hen" },
    });
    const cancel = { member: "orders@1.cancel", input: { id: "o-hen" }, as: "bob" };
    const cancelled = await ask("call_member", cancel);
    expect(cancelled).toMatchObject({ status: 200, body: { card: "[sensitive]" } });
    expect(await ask("call_member", { ...cancel, id: cancelled["idempotencyKey"] })).toMatchObject({
      status: 200,
    });
    expect(await ask("call_member", cancel)).toMatchObject({
      status: 409,
      body: { code: "Unknown", data: { id: "o-hen" } },
    });
    expect(await ask("call_member", { ...cancel, input: { id: 7 } })).toMatchObject({
      status: 400,
      body: { code: "INVALID_ARGUMENT", errors: [{ path: "id" }] },
    });
    expect(seen.join("\n")).not.toContain(CARD);
  });
});

test("all of it can be looked at when kerf dev has ended", async () => {
  counter.dev.interrupt();
  await counter.dev.exited;
  expect(await kerf(["trace", soldOut], counter.folder)).toMatchObject({ code: 0, err: "" });
  await expect(run("events", "publish", "orders@1.placed", '{"id":"late"}')).rejects.toThrow(
    "No kerf dev runs with the data in",
  );
});
