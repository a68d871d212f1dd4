/** `kerf chaos` as people meet it: a real `kerf dev` in another process, a real database, real signals. */
import { chmodSync, lstatSync, readFileSync, renameSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { copyApp, kerf, KerfProcess, processesNaming } from "./kerf-process.ts";

interface Line {
  readonly event: string;
  readonly fault?: { readonly kind: string };
  readonly done?: { readonly ms: number };
  readonly name?: string;
  readonly ok?: boolean;
  readonly faults?: Readonly<Record<string, number>>;
  readonly processes?: number;
}

const app = copyApp();
const data = join(app.folder, ".kerf");
let dev: KerfProcess;
let gateway: string;

beforeAll(async () => {
  dev = new KerfProcess(
    ["dev", "--topology", "split", "--replicas", "2", "--port", "0", "--json", "--no-watch"],
    app.folder,
    { KERF_LEASE_MS: "1000", KERF_LOG_LEVEL: "warn" },
  );
  gateway = (await dev.until(() => dev.said.find(({ event }) => event === "ready"), 60_000)).gateway!;
}, 60_000);

afterAll(async () => {
  await dev?.destroy();
  // PostgreSQL and its keeper end when their last client is gone.
  await vi.waitUntil(() => processesNaming(data).length === 0, { timeout: 20_000 });
  app.remove();
}, 40_000);

const linesOf = (out: string): Line[] =>
  out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);

const rename = async (name: string) =>
  (
    await fetch(`${gateway}/v1/names/ada`, {
      method: "PUT",
      headers: { "content-type": "application/json", authorization: "Bearer dev:ada" },
      body: JSON.stringify({ name }),
    })
  ).status;

/** The units that SIGSTOP has stopped. */
const stopped = () =>
  dev.descendants().filter((pid) => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));

test("a run of every kind of fault ends by itself, healed, and audited", { timeout: 120_000 }, async () => {
  const run = await kerf(["chaos", "--for", "12s", "--seed", "5", "--json"], app.folder);
  const lines = linesOf(run.out);
  expect(run.code, run.out + run.err).toBe(0);
  expect(lines[0]).toMatchObject({ event: "begin", processes: 6, seed: 5, leaseMs: 1_000 });
  const kinds = lines.filter(({ event }) => event === "fault").map(({ fault }) => fault!.kind);
  expect(kinds.length).toBeGreaterThan(3);
  expect(lines.find(({ event }) => event === "healed")).toBeDefined();
  const audit = lines.filter(({ event }) => event === "audit");
  expect(audit.map(({ name }) => name)).toEqual([
    "everything came to rest",
    "no more dead letters than before",
    "no more parked sagas than before",
    "audit: /readyz",
  ]);
  const summary = lines.at(-1)!;
  expect(summary).toMatchObject({ event: "summary", ok: true });
  expect(Object.values(summary.faults!).reduce((sum, many) => sum + many, 0)).toBe(kinds.length);
  expect(stopped()).toEqual([]);
  expect(await rename("Ada")).toBe(200);
});

describe("whatever ends it, what it broke is healed:", () => {
  /** The first pause of this seed is long past the lease. */
  const long = ["chaos", "--only", "pause", "--for", "60s", "--seed", "2", "--json"];

  test.each([
    ["Ctrl-C", (run: KerfProcess) => run.interrupt(), 130],
    ["SIGKILL", (run: KerfProcess) => void run.child.kill("SIGKILL"), null],
  ])("%s", { timeout: 60_000 }, async (_, end, code) => {
    const run = new KerfProcess(long, app.folder);
    await expect.poll(stopped, { timeout: 20_000 }).toHaveLength(1);
    const since = performance.now();
    end(run);
    await expect.poll(stopped, { timeout: 5_000 }).toEqual([]);
    expect(performance.now() - since).toBeLessThan(1_400);
    expect((await run.exited).code).toBe(code);
    await expect.poll(() => rename("Grace").catch(String), { timeout: 10_000 }).toBe(200);
  });
});

test.each([
  ["exit 3", 1, "exit code 3"],
  ['test "$KERF_GATEWAY" = HERE', 0, "exit code 0"],
  ["/livez", 0, "200"],
  ["/nowhere", 1, "404"],
])("the application's audit %j decides: %d", { timeout: 60_000 }, async (audit, code, detail) => {
  const words = ["--for", "100ms", "--only", "reset", "--json", "--audit", audit.replace("HERE", gateway)];
  const run = await kerf(["chaos", ...words], app.folder);
  expect(run.code, run.out + run.err).toBe(code);
  expect(linesOf(run.out).filter(({ name }) => name?.startsWith("audit: "))).toMatchObject([
    { ok: code === 0, detail },
  ]);
});

test("without an audit nothing but the timeline is said", { timeout: 60_000 }, async () => {
  const run = await kerf(["chaos", "--for", "100ms", "--only", "reset", "--audit", "none"], app.folder);
  expect(run.code).toBe(0);
  expect(run.out).toContain("Not audited.");
});

describe("only a development session of one's own can be broken:", () => {
  test("the socket is this user's alone", () => {
    const { mode, uid } = lstatSync(join(data, "control.sock"));
    expect([(mode & 0o777).toString(8), uid]).toEqual(["600", process.getuid!()]);
  });

  test("one that is open to others is refused", async () => {
    chmodSync(join(data, "control.sock"), 0o666);
    const run = await kerf(["chaos"], app.folder);
    chmodSync(join(data, "control.sock"), 0o600);
    expect(run.code).toBe(1);
    expect(run.err).toContain("is open to other users");
  });

  test("without a kerf dev it says how to start one", async () => {
    const socket = join(data, "control.sock");
    renameSync(socket, `${socket}.away`);
    const run = await kerf(["chaos"], app.folder);
    renameSync(`${socket}.away`, socket);
    expect(run.code).toBe(1);
    expect(run.err).toMatch(
      /^No kerf dev runs with the data of .*\. Start one in another terminal: kerf dev\./,
    );
  });

  test("one kerf chaos at a time", { timeout: 60_000 }, async () => {
    const first = new KerfProcess(["chaos", "--for", "60s", "--only", "reset", "--json"], app.folder);
    await first.until(() => first.out.includes('"begin"'));
    const second = await kerf(["chaos"], app.folder);
    first.interrupt();
    expect(second.code).toBe(1);
    expect(second.err).toContain("another kerf chaos is at work");
    expect((await first.exited).code).toBe(130);
  });

  test("what is no request gets an answer that says so", async () => {
    const socket = connect(join(data, "control.sock"));
    let text = "";
    socket.setEncoding("utf8").on("data", (some: string) => (text += some));
    socket.write('nonsense\n{"id":1,"do":"fault","fault":{"kind":"kill","process":"back"}}\n');
    socket.write('{"id":2,"do":"fault","fault":{"kind":"pause","process":"back","ms":1e9}}\n');
    await expect.poll(() => text.split("\n").length).toBe(4);
    socket.destroy();
    expect(
      text
        .split("\n")
        .slice(0, 3)
        .map((line) => (JSON.parse(line) as { error: string }).error),
    ).toEqual(
      expect.arrayContaining([
        "a request is a JSON object in a line",
        "begin comes first",
        "ms is no number from 0 to 600000",
      ]),
    );
  });

  test.each([
    [["--for", "soon"], "--for soon: write a time as 30s or 2m."],
    [["--for", "3h"], "the longest is 60m"],
    [["--seed", "-1"], "a seed is a whole number"],
    [["--only", "kil"], 'There is no fault "kil". Did you mean "kill"?'],
  ])("%j is wrong usage", async (words, message) => {
    const run = await kerf(["chaos", ...words], app.folder);
    expect(run.code).toBe(2);
    expect(run.err).toContain(message);
  });
});
