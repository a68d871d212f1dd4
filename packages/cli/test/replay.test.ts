/** `kerf replay` as a real process, beside a unit that is another. */
import { fileURLToPath } from "node:url";
import { testServer, freshName } from "@kerf/runtime/testing";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kerf, KerfProcess } from "./kerf-process.ts";

const folder = fileURLToPath(new URL("fixture/replay", import.meta.url));
const name = freshName("r");
let environment: Record<string, string>;
let unit: KerfProcess;
let gateway: string;

beforeAll(async () => {
  const server = await testServer();
  environment = { TEST_APP: name.replaceAll("_", "-"), KERF_DATABASE_URL: server.adminUrl };
  unit = new KerfProcess(["start", "--json"], folder, { ...environment, KERF_PORT: "0" });
  gateway = await unit.until(() => /"gateway":"([^"]+)"/.exec(unit.out)?.[1], 30_000);
}, 60_000);
afterAll(async () => {
  unit?.child.kill("SIGTERM");
  await unit?.exited;
  await (await testServer()).dropAll(`${name}_`);
});

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
async function sell(sku: string, count: number): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ sku, upTo: count });
  expect((await fetch(`${gateway}/v1/sales`, { method: "POST", headers, body })).status).toBe(200);
}
const sold = async (sku: string): Promise<number[]> =>
  ((await (await fetch(`${gateway}/v1/sold/${sku}`)).json()) as { ns: number[] }).ns;
const replay = (...args: string[]) => kerf(["replay", "--service", "stats", ...args], folder, environment);
const started = (...args: string[]) =>
  new KerfProcess(["replay", "--service", "stats", ...args], folder, environment);

test("is killed with SIGKILL in the middle, gone on with, and every event is in the model once and in order", async () => {
  await sell("a", 60);
  await sell("b", 40);
  await expect.poll(() => sold("a"), { timeout: 10_000 }).toEqual(upTo(60));
  const doomed = started("--from", "earliest", "--rate", "20", "--json");
  await doomed.until(() => /"handled":[1-9]/.test(doomed.out));
  const refused = await replay("--from", "earliest");
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toContain("A replay of stats is at work already (of till@1.sold from earliest).");
  doomed.child.kill("SIGKILL");
  await doomed.exited;
  // Meanwhile the live model is as it was, and goes on.
  await sell("c", 3);
  await expect.poll(() => sold("c"), { timeout: 10_000 }).toEqual(upTo(3));
  expect(await sold("a")).toEqual(upTo(60));
  const early = await replay("--resume");
  expect(early.err).toMatch(/can be gone on with in \d+ s\.$/m);
  let last = early;
  await expect
    .poll(async () => (last = await replay("--resume")).code, { timeout: 30_000, interval: 500 })
    .toBe(0);
  expect(last.out).toBe("Done: 103 events went into public.line, which are live now.\n");
  expect(await sold("a")).toEqual(upTo(60));
  expect(await sold("b")).toEqual(upTo(40));
  expect(await sold("c")).toEqual(upTo(3));
}, 90_000);

test("Ctrl-C stops it cleanly, and it says how to go on", async () => {
  await sell("d", 50);
  const stopped = started("--from", "earliest", "--rate", "10", "--event", "till.sold");
  await stopped.until(() => /[1-9]\d* events handed over/.test(stopped.err));
  stopped.child.kill("SIGINT");
  expect(await stopped.exited).toMatchObject({ code: 130 });
  expect(stopped.out).toMatch(
    /^Stopped after \d+ events; the live rows are as they were\. Go on with: kerf replay --service stats --resume\n$/,
  );
  const abandoned = await replay("--abandon");
  expect(abandoned).toMatchObject({ code: 0, out: "Dropped what was built of till@1.sold.\n" });
  expect(await sold("d")).toEqual(upTo(50));
  expect(await replay("--resume")).toMatchObject({ code: 1 });
});

test("what is wrong is said with its mend", async () => {
  const event = await replay("--from", "earliest", "--event", "till.sodl");
  expect(event.err).toBe(
    'stats has no replayable reaction to "till.sodl" (did you mean "till.sold"?). Replayable are those to: till@1.sold.\n',
  );
  const service = await kerf(["replay", "--service", "till", "--from", "1h"], folder, environment);
  expect(service).toMatchObject({ code: 1 });
  expect(service.err).toContain("till has no replayable reaction. Say which tables one fills");
});

test("kerf check tells of sagas that have not ended and that the code does not have", async () => {
  const clean = await kerf(["check", "sagas"], folder, environment);
  expect(clean).toMatchObject({ code: 0, out: "Every saga that has not ended has its version.\n" });
  const url = (await (await testServer()).provision([`${name}_stats`])).get(`${name}_stats`)!;
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  await sql`insert into kerf.saga (name, id, version, input, input_hash, traceparent, state)
    values ('old ways', '1', 2, '{}', '', '', 'parked')`;
  await sql.end();
  const { code, out } = await kerf(["check", "sagas"], folder, environment);
  expect(code).toBe(1);
  expect(out).toBe(
    'service(stats).sagas.saga("old ways"): 1 instance of version 2 has not ended, and there is no such saga any more.\n' +
      "  To mend it: list it under `sagas` again until they have ended, or give them up: kerf sagas.\n",
  );
});
