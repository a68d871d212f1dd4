/** A new build of a service beside the old one, in real processes, with load on both while things go wrong. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ReleaseStatus } from "@kerf/runtime";
import { freshName, testServer, type TestServer } from "@kerf/runtime/testing";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { KerfProcess } from "./kerf-process.ts";

interface Unit {
  readonly process: KerfProcess;
  readonly address: string;
  readonly gateway: string;
  readonly health: string;
}

const name = freshName("r");
const secret = randomBytes(32).toString("hex");
const folder = mkdtempSync(join(tmpdir(), "kerf-release-test-"));
const [faultFile, releasesFile] = [join(folder, "fault"), join(folder, "releases.json")];
const units: Unit[] = [];
let server: TestServer;
let ordered = 0;
let front: Unit;
let newBuild: Unit;

const fault = (text: string): void => writeFileSync(faultFile, text);

async function start(
  build: "old" | "new",
  unit: string,
  environment: NodeJS.ProcessEnv = {},
  more: readonly string[] = [],
): Promise<Unit> {
  const config = fileURLToPath(new URL(`fixture/release/${build}/kerf.config.ts`, import.meta.url));
  const started = new KerfProcess(["start", "--config", config, "--unit", unit, "--json", ...more], folder, {
    TEST_APP: name.replaceAll("_", "-"),
    KERF_DATABASE_URL: server.adminUrl,
    KERF_UNIT_SECRET: secret,
    KERF_IDENTITY: "development",
    KERF_CATALOG_FAULT: faultFile,
    KERF_PORT: "0",
    ...environment,
  });
  const ready = await started.until(() => linesOf(started).find(({ msg }) => msg === "ready"));
  const made = { ...(ready as unknown as Unit), process: started };
  units.push(made);
  return made;
}

function linesOf({ out }: KerfProcess): Record<string, unknown>[] {
  return out
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Writes the file of releases, and waits until the front has seen it: `tag` makes each its own. */
async function release(entry: object): Promise<void> {
  const before = linesOf(front.process).filter(({ msg }) => msg === "the releases have changed").length;
  writeFileSync(
    releasesFile,
    JSON.stringify({ catalog: { to: newBuild.address, sticky: "request", ...entry } }),
  );
  await front.process.until(() => {
    void ask("/v1/page/look");
    return linesOf(front.process).filter(({ msg }) => msg === "the releases have changed").length > before;
  });
}

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; body: any }> {
  const response = await fetch(front.gateway + path, init);
  return { status: response.status, body: await response.json() };
}

async function status(): Promise<ReleaseStatus> {
  const response = await fetch(`${front.health}/status`);
  return ((await response.json()) as { releases: ReleaseStatus[] }).releases[0]!;
}

/** Asks and orders with several at once until `until`; gives every answer that was not 200, and who answered how often. */
async function load(until: () => Promise<boolean>, withinMs = 20_000) {
  const answers = { failed: [] as unknown[], by: new Map<string, number>(), sent: 0 };
  const ends = performance.now() + withinMs;
  let over = false;
  const worker = async (): Promise<void> => {
    for (let i = 0; !over; i++) {
      const sku = `${name}-${ordered++}`;
      const order = {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ sku }),
      };
      const { status: code, body } =
        i % 4 === 0 ? await ask("/v1/items", order) : await ask(`/v1/items/${sku}`);
      answers.sent += 1;
      if (code !== 200) answers.failed.push(body);
      else answers.by.set(body.by, (answers.by.get(body.by) ?? 0) + 1);
    }
  };
  const workers = Array.from({ length: 6 }, worker);
  while (!over) {
    over = (await until()) || performance.now() > ends;
    await sleep(50);
  }
  await Promise.all(workers);
  return answers;
}

const returned = async (): Promise<boolean> => (await status()).state === "returned";

beforeAll(async () => {
  fault("");
  server = await testServer();
  const old = await start("old", "back", { KERF_LISTEN: "127.0.0.1:0" });
  newBuild = await start("new", "back", { KERF_LISTEN: "127.0.0.1:0" });
  front = await start("old", "front", {
    KERF_ENDPOINTS: JSON.stringify({ back: old.address }),
    KERF_RELEASES_FILE: releasesFile,
  });
}, 60_000);
beforeEach(() => fault(""));
afterAll(async () => {
  for (const { process: started } of units) {
    if (started.child.exitCode === null && started.child.signalCode === null) started.child.kill("SIGKILL");
    await started.exited;
  }
  await server?.dropAll(`${name}_`);
  rmSync(folder, { recursive: true, force: true });
});

test("a share of the calls goes to the new build, and each request sees one", async () => {
  await release({ weight: 40 });
  const pages = await Promise.all(Array.from({ length: 60 }, () => ask("/v1/page/a")));
  const seen = new Set(pages.map(({ body }) => (body.by as string[]).join(" ")));
  expect([...seen].toSorted()).toEqual(["new new new", "old old old"]);
  // The pages may have been more than enough already.
  const { calls } = (await status()).next;
  const { failed, by } = await load(async () => (await status()).next.calls > calls + 20);
  expect(failed).toEqual([]);
  expect([...by.keys()].toSorted()).toEqual(["new", "old"]);
  expect((await status()).state).toBe("running");
});

test("testers choose by a header; strangers do not", async () => {
  await release({ weight: 0, choose: "role:tester" });
  const by = async (token?: string): Promise<string> => {
    const headers = { "kerf-release": "next", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    return (await ask("/v1/page/a", { headers })).body.by.join(" ");
  };
  expect(await by("dev:ann:tester")).toBe("new new new");
  expect(await by("dev:ann")).toBe("old old old");
  expect(await by()).toBe("old old old");
});

test("a new build that fails is given up under load, and nobody notices", async () => {
  await release({ weight: 30, back: { window: "10s", atLeast: 20 } });
  await load(async () => (await status()).next.calls > 30);
  fault("fail");
  // It may be given up after a few requests: those that come at that moment and after it are to notice nothing either.
  let looks = 0;
  const { failed, sent } = await load(async () => (await returned()) && ++looks > 10);
  expect(failed).toEqual([]);
  expect(sent).toBeGreaterThan(10);
  const after = await status();
  expect(after).toMatchObject({
    state: "returned",
    reason: expect.stringMatching(/calls failed, against 0\.0 %/) as string,
  });
  expect(
    linesOf(front.process).some(({ msg }) => String(msg).startsWith("the release of catalog is taken back")),
  ).toBe(true);
  const { by } = await load(async () => (await status()).current.calls > after.current.calls + 50);
  expect([...by.keys()]).toEqual(["old"]);
});

test("each order had one effect, whichever build it went to and failed in", async () => {
  const [url] = (await server.provision([`${name}_catalog`])).values();
  const sql = postgres(url!, { max: 1, fetch_types: false });
  const [found] = await sql`select count(*)::int as items, max(additions)::int as most from items`.finally(
    () => sql.end(),
  );
  expect(found!["items"]).toBeGreaterThan(20);
  expect(found!["most"]).toBe(1);
});

test("a new build that is slow is given up", async () => {
  await release({ weight: 30, back: { window: "6s", atLeast: 20 } });
  fault("slow");
  const { failed } = await load(returned);
  expect(failed).toEqual([]);
  expect(await status()).toMatchObject({
    state: "returned",
    reason: expect.stringContaining("p95 is") as string,
  });
}, 40_000);

test("copies of queries are compared, and nobody gets their answer", async () => {
  await release({ weight: 0, mirror: 50 });
  const { failed, by } = await load(async () => (await status()).mirror.different > 20);
  expect(failed).toEqual([]);
  expect([...by.keys()]).toEqual(["old"]);
  expect((await status()).mirror.differences).toEqual({ "catalog@1.item by": expect.any(Number) as number });
  fault("different");
  await load(async () => "catalog@1.item title" in (await status()).mirror.differences);
  fault("fail");
  await load(async () => (await status()).mirror.failed > 5);
  const last = (await status()).mirror;
  expect(Object.keys(last.differences)).toEqual(expect.arrayContaining(["catalog@1.item title"]));
  expect(last.failed).toBeGreaterThan(5);
});

test("a service of the gateway's own process is released to another just so", async () => {
  const own = join(folder, "mono.json");
  writeFileSync(own, JSON.stringify({ catalog: { to: newBuild.address, weight: 100 } }));
  const mono = await start("old", "all", { KERF_RELEASES_FILE: own }, ["--topology", "mono"]);
  const page = async () => ((await (await fetch(`${mono.gateway}/v1/page/a`)).json()) as { by: string[] }).by;
  expect(await page()).toEqual(["new", "new", "new"]);
  fault("fail");
  expect(await page()).toEqual(["old", "old", "old"]);
});

test("a new build that is killed is given up under load, and no query or order fails", async () => {
  await release({ weight: 50, back: { window: "10s", atLeast: 20 } });
  await load(async () => (await status()).next.calls > 30);
  newBuild.process.child.kill("SIGKILL");
  const { failed } = await load(returned);
  expect(failed).toEqual([]);
  expect(await status()).toMatchObject({ state: "returned" });
});
