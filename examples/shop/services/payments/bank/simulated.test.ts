import { tcpProxy } from "@kerf/runtime/faults";
import { testServer } from "@kerf/runtime/testing";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { simulatedBank } from "./simulated.ts";

let url: string;
let drop: () => Promise<void>;
let bank: ReturnType<typeof simulatedBank>;

beforeAll(async () => {
  const database = await (await testServer()).freshDatabase("bank");
  ({ url } = database);
  drop = () => database.drop();
  bank = simulatedBank(url);
});

afterAll(async () => {
  await bank.close();
  await drop();
});

const rowsOf = async (key: string) => (await bank.log(0, 1_000)).filter((row) => row.key === key);

test("a charge is captured or declined by its total, and kept in the log", async () => {
  expect(await bank.charge("captured", 1_999)).toBe("captured");
  expect(await bank.charge("declined", 1_996)).toBe("declined");
  expect(await rowsOf("declined")).toMatchObject([{ kind: "charge", pence: 1_996, outcome: "declined" }]);
});

test("one key is one charge, even when it arrives many times at once and at two doors", async () => {
  const other = simulatedBank(url);
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) => (i % 2 ? bank : other).charge("at once", 2_000)),
  );
  await other.close();
  expect(new Set(answers)).toEqual(new Set(["captured"]));
  expect(await rowsOf("at once")).toHaveLength(1);
  expect(await bank.charge("at once", 2_000)).toBe("captured");
});

test("a key that comes back with another amount is refused", async () => {
  await bank.charge("amount", 301);
  await expect(bank.charge("amount", 302)).rejects.toThrow("301 pence before");
});

test("a round total takes 20 ms", async () => {
  await bank.charge("warm", 1);
  const began = performance.now();
  await bank.charge("round", 40);
  expect(performance.now() - began).toBeGreaterThanOrEqual(19);
});

test("refunds give back at most what was taken, each once", async () => {
  await bank.charge("bought", 500);
  const refunds = await Promise.allSettled(
    ["a", "b", "c", "a", "b", "c"].map((key) => bank.refund(`back-${key}`, "bought", 200)),
  );
  const given = (await bank.log(0, 1_000)).filter((row) => row.chargeKey === "bought");
  expect(given).toHaveLength(2);
  expect(given.every((row) => row.outcome === "refunded" && row.pence === 200)).toBe(true);
  expect(refunds.filter((refund) => refund.status === "rejected")).toHaveLength(2);
});

test("a refund that overtakes its charge voids it", async () => {
  expect(await bank.refund("early-back", "early", 700)).toEqual({ capturedPence: 0 });
  expect(await bank.charge("early", 700)).toBe("voided");
  expect(await rowsOf("early-back")).toEqual([]);
});

test("a declined charge has nothing to give back", async () => {
  await bank.charge("poor", 16);
  expect(await bank.refund("poor-back", "poor", 16)).toEqual({ capturedPence: 0 });
});

test("the log only grows", async () => {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await bank.charge("stays", 3);
  await expect(sql`update log set pence = 1`).rejects.toThrow("only grows");
  await expect(sql`delete from log`).rejects.toThrow("only grows");
  await expect(sql`truncate log cascade`).rejects.toThrow("only grows");
  await sql.end();
});

test("a connection that is lost in the middle of a refund fails the refund, never the process", async () => {
  await bank.charge("far", 500);
  const { hostname, port } = new URL(url);
  const proxy = await tcpProxy({ host: hostname, port: Number(port) });
  const far = simulatedBank(proxy.through(url));
  proxy.cutOn((chunk) => /voided|refund\(/.test(chunk.toString("latin1")), false);
  await expect(far.refund("far-back", "far", 200)).rejects.toThrow();
  expect(await far.refund("far-back", "far", 200)).toEqual({ capturedPence: 500 });
  expect(await rowsOf("far-back")).toHaveLength(1);
  await far.close();
  await proxy.close();
});

test("a connection that breaks while it is made fails at most the charge, never the process", async () => {
  const { hostname, port } = new URL(url);
  const proxy = await tcpProxy({ host: hostname, port: Number(port) });
  const far = simulatedBank(proxy.through(url));
  // What the driver asks by itself, where it is not told otherwise: nobody would catch its failure.
  let asked = 0;
  proxy.cutOn((chunk) => {
    if (chunk.includes("pg_type") && ++asked === 1) proxy.reset();
    return false;
  }, false);
  await far.charge("broken", 301).catch(() => {});
  expect(await far.charge("broken", 301)).toBe("captured");
  await far.close();
  await proxy.close();
});
