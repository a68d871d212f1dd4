import { type ChildProcess, fork } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { afterEach, describe, expect, it } from "vitest";
import { layout } from "../../data/embedded/state.ts";
import { openServer } from "../../data/server.ts";
import { testServer } from "../../data/testing.ts";
import type { Broker, BrokerProblem } from "../broker.ts";
import { batch, eventually, messages, orders, Received } from "../suite/scenario.ts";
import { postgresBroker, type PostgresBrokerOptions } from "../postgres.ts";
import type { SubscriberReport, SubscriberSettings } from "./subscriber.process.ts";

const LEASE_MS = 600;

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function freshUrl(): Promise<string> {
  const database = await (await testServer()).freshDatabase("broker");
  opened.push(() => database.drop());
  return database.url;
}

async function open(options: PostgresBrokerOptions): Promise<Broker> {
  const broker = await postgresBroker(options);
  opened.push(() => broker.close());
  return broker;
}

/** A subscriber in a process of its own, and what it has told so far. */
async function spawn(
  settings: SubscriberSettings,
): Promise<{ child: ChildProcess; reports: SubscriberReport[] }> {
  const child = fork(join(import.meta.dirname, "subscriber.process.ts"), [JSON.stringify(settings)]);
  opened.push(() => child.kill("SIGKILL"));
  const reports: SubscriberReport[] = [];
  child.on("message", (report: SubscriberReport) => reports.push(report));
  await eventually(() => expect(reports).toContainEqual({ kind: "ready" }));
  return { child, reports };
}

const idsOf = (reports: readonly SubscriberReport[], kind: "started" | "finished") =>
  reports.flatMap((report) => (report.kind === kind ? report.ids : []));

describe("a process that fails", () => {
  it("is succeeded at once by one of its name, whatever its lease", async () => {
    const url = await freshUrl();
    const named = { url, leaseMs: 60_000, replica: "back-1" };
    const { child } = await spawn({ ...named, group: orders, handlingMs: 60_000 });
    child.kill("SIGKILL");
    const after = await open(named);
    const received = new Received();
    await after.subscribe(orders, received.deliver);
    await after.publish(batch(messages(40, { key: (i) => `key ${i}` })));
    await eventually(() => expect(received.all.length).toBe(40));
  });

  it("that lives all the same comes back beside the one of its name, and drives nobody out", async () => {
    const url = await freshUrl();
    const named = { url, leaseMs: 60_000, replica: "back-1" };
    const received = new Received();
    for (const broker of [await open(named), await open(named)])
      await broker.subscribe(orders, received.deliver);
    const sql = postgres(url, { max: 1, fetch_types: false });
    opened.push(() => sql.end({ timeout: 1 }));
    const members = async () =>
      (await sql`select id from broker.members order by id`).map(({ id }) => String(id));
    await eventually(async () => expect((await members()).length).toBe(2));
    const both = await members();
    const publisher = await open({ url });
    await publisher.publish(batch(messages(40, { key: (i) => `key ${i}` })));
    await eventually(() => expect(new Set(received.all.map(({ id }) => id)).size).toBe(40));
    expect(await members()).toEqual(both);
  });

  it("loses its lanes to another one when it was killed and its lease has run out", async () => {
    const url = await freshUrl();
    const { child, reports } = await spawn({ url, leaseMs: LEASE_MS, group: orders, handlingMs: 60_000 });
    const broker = await open({ url, leaseMs: LEASE_MS });
    const received = new Received();
    await broker.subscribe(orders, received.deliver);
    await broker.publish(batch(messages(40, { key: (i) => `key ${i}` })));
    await eventually(() => expect(idsOf(reports, "started").length + received.all.length).toBe(40));
    expect(received.all.length).toBeLessThan(40);

    child.kill("SIGKILL");
    const killed = performance.now();
    await received.until(40);
    const takeoverMs = performance.now() - killed;
    expect(new Set(received.ids()).size).toBe(40);
    expect(takeoverMs).toBeGreaterThan(LEASE_MS / 3);
    expect(takeoverMs).toBeLessThan(LEASE_MS * 3);
  });

  it("cannot move a position when it was stopped past its lease and goes on", async () => {
    const url = await freshUrl();
    const { child, reports } = await spawn({ url, leaseMs: LEASE_MS, group: orders, handlingMs: 150 });
    const problems: BrokerProblem[] = [];
    const broker = await open({ url, leaseMs: LEASE_MS, onProblem: (problem) => problems.push(problem) });
    await broker.publish(batch(messages(10, { key: (i) => `key ${i}`, prefix: "stopped" })));
    await eventually(() => expect(idsOf(reports, "started")).toHaveLength(10));
    child.kill("SIGSTOP");

    // Refuses everything, so that a position that moves would have been moved by the other one.
    let refusals = 0;
    const subscription = await broker.subscribe(orders, async () => {
      refusals += 1;
      throw new Error("not now");
    });
    await eventually(() => expect(refusals).toBeGreaterThan(3));
    child.kill("SIGCONT");
    await eventually(() => expect(reports).toContainEqual({ kind: "problem", code: "LANE_LOST" }));
    expect(idsOf(reports, "finished")).toHaveLength(10);
    expect(await broker.backlog!()).toMatchObject([{ messages: 10 }]);

    // Whoever is left takes them, and the one that was stopped takes part again.
    await subscription.stop();
    await eventually(() => expect(idsOf(reports, "finished")).toHaveLength(20));
    expect(new Set(idsOf(reports, "finished")).size).toBe(10);
  });

  it("keeps its lanes when it was stopped for less than its lease", async () => {
    const url = await freshUrl();
    const { child, reports } = await spawn({ url, leaseMs: 3_000, group: orders, handlingMs: 0 });
    const broker = await open({ url, leaseMs: 3_000 });
    child.kill("SIGSTOP");
    await broker.publish(batch(messages(10)));
    await sleep(500);
    child.kill("SIGCONT");
    await eventually(() => expect(idsOf(reports, "finished")).toHaveLength(10));
    expect(reports.some((report) => report.kind === "problem")).toBe(false);
  });
});

/** Publishes until told to stop, each batch again until it is accepted, while `disturb` does its worst. */
async function underLoad(broker: Broker, disturb: () => Promise<void>): Promise<Received> {
  await broker.register([orders]);
  const received = new Received();
  await broker.subscribe(orders, received.deliver);
  const ending = new AbortController();
  let round = 0;
  const publishing = (async () => {
    for (; !ending.signal.aborted || round < 20; round++) {
      const list = messages(20, { prefix: `${round}-` });
      while (
        !(await broker.publish(batch(list)).then(
          () => true,
          () => false,
        ))
      )
        await sleep(20);
    }
  })();
  await received.until(100);
  await disturb();
  ending.abort();
  await publishing;
  await eventually(() => expect(new Set(received.ids()).size).toBe(round * 20), 20_000);
  for (const key of ["k0", "k13"]) {
    const number = Number(key.slice(1));
    const expected = Array.from({ length: round }, (_, i) => `${i}-${number}`);
    expect([...new Set(received.ids(key))]).toEqual(expected);
  }
  return received;
}

describe("a server that fails", () => {
  it("loses nothing and no order when its backends are killed again and again", async () => {
    const url = await freshUrl();
    const problems: BrokerProblem[] = [];
    const broker = await open({ url, onProblem: (problem) => problems.push(problem) });
    const sql = postgres(url, { max: 1 });
    opened.push(() => sql.end());
    await underLoad(broker, async () => {
      for (let i = 0; i < 5; i++) {
        await sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'kerf broker' and datname = current_database()`;
        await sleep(300);
      }
    });
    expect(problems.every((problem) => problem.code === "UNREACHABLE")).toBe(true);
  });

  it("is found again after it crashed and restarted", { timeout: 90_000 }, async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "kerf-broker-"));
    chmodSync(dataDir, 0o755);
    const server = await openServer({ dataDir });
    opened.push(async () => {
      await server.close({ now: true });
      rmSync(dataDir, { recursive: true, force: true });
    });
    const url = (await server.provision(["broker"])).get("broker")!;
    const problems: BrokerProblem[] = [];
    const broker = await open({ url, onProblem: (problem) => problems.push(problem) });
    const received = await underLoad(broker, async () => {
      const pidFile = join(layout(dataDir).cluster, "postmaster.pid");
      process.kill(Number(readFileSync(pidFile, "utf8").split("\n")[0]), "SIGQUIT");
      await sleep(2_000);
    });
    expect(problems.map((problem) => problem.code)).toContain("UNREACHABLE");

    // It listens again as well: nobody waits for the poll.
    const before = received.all.length;
    const other = await open({ url });
    const started = performance.now();
    await other.publish(batch(messages(1, { prefix: "after" })));
    await received.until(before + 1);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
