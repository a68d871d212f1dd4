import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { columns } from "./parse.ts";
import type { Report } from "./report.ts";

/** Each kind of row. Three articles are sold for more than one price or on more than one line. */
const rows = [
  "100,A,lamp,2,2010-12-01 08:26:00,1.00,1.0,United Kingdom",
  "100,B7,bowl,9,2010-12-01 08:26:00,0.50,1.0,United Kingdom",
  "100,E7,egg cup,5,2010-12-01 08:26:00,0.995,1.0,United Kingdom",
  // A guest; one of the rows is quoted as a whole.
  "101,A,lamp,1,2010-12-01 08:27:00,1.00,,France",
  '"101,c,""TABLE, BIG 7"""" "",1,2010-12-01 08:27:00,2.00,,France"',
  // The bank declines 36 pence.
  "102,D,,1,2010-12-01 08:28:00,0.36,2.0,United Kingdom",
  // Of ten bowls the shop has nine, and they are sold.
  "103,B7,bowl,1,2010-12-01 08:29:00,0.50,1.0,United Kingdom",
  "103,A,lamp,1,2010-12-01 08:29:00,1.00,1.0,United Kingdom",
  // An order without a line: malformed, without a price, an adjustment.
  "104,A,lamp,1.5,2010-12-01 08:30:00,1.00,1.0,United Kingdom",
  "104,A,lamp,1,2010-12-01 08:30:00,0.00,1.0,United Kingdom",
  "104,A,lost,-3,2010-12-01 08:30:00,1.00,1.0,United Kingdom",
  // Two lamps come back, the newest line first; five more do not, nor a guest's; and one row is no return.
  "C105,A,lamp,-2,2010-12-01 08:31:00,1.00,1.0,United Kingdom",
  "C105,A,lamp,-5,2010-12-01 08:31:00,1.00,1.0,United Kingdom",
  "C105,A,lamp,-1,2010-12-01 08:31:00,1.00,,United Kingdom",
  "C105,A,lamp,1,2010-12-01 08:31:00,1.00,1.0,United Kingdom",
  "C105,E7,egg cup,-5,2010-12-01 08:31:00,9.99,1.0,United Kingdom",
  // Can only be met with the egg cups that came back; goes back as a late return.
  "107,E7,egg cup,5,2010-12-01 08:32:00,1.10,1.0,United Kingdom",
  // No late returns: one lamp is back already, and a guest has no account.
  "117,A,lamp,3,2010-12-01 08:33:00,1.00,2.0,United Kingdom",
  "C118,A,lamp,-1,2010-12-01 08:34:00,1.00,2.0,United Kingdom",
  "127,A,lamp,1,2010-12-01 08:35:00,1.00,,United Kingdom",
  // Belongs to the first invoice, at another price.
  "100,A,lamp,1,2010-12-01 08:26:00,1.20,1.0,United Kingdom",
];

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "replay-test-"));
  chmodSync(folder, 0o755);
  file = join(folder, "orders.csv");
  writeFileSync(file, `\uFEFF${[columns.join(","), ...rows].join("\r\n")}\r\n`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command as a terminal would, with a folder for temporary data that has to be empty in the end. */
function run(args: readonly string[]) {
  const data = mkdtempSync(join(folder, "data-"));
  chmodSync(data, 0o755);
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, ...args], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: data, NODE_ENV: "test" },
  });
  const told = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (told.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told.err += text));
  return {
    child,
    told,
    left: () => [...readdirSync(data), ...processesNaming(data)],
    ended: new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code))),
  };
}

function processesNaming(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return commandLine.includes(text) ? [commandLine] : [];
      } catch {
        return [];
      }
    });
}

test.concurrent(
  "every kind of row ends where the rules say, and the books agree",
  { timeout: 120_000 },
  async () => {
    const books = join(folder, "books.json");
    const { ended, told, left } = run(["--file", file, "--json", "--books", books]);
    expect(await ended, told.err).toBe(0);
    const { audit, seconds, ordersPerSecond, ...report } = JSON.parse(told.out) as Report;
    expect(report).toEqual({
      rows: 21,
      repaired: 1,
      sold: 9,
      returned: 3,
      lateReturns: 1,
      refused: 3,
      rejected: { malformed: 1, "not-a-sale": 3, "nothing-to-return": 2 },
      orders: { placed: 7, confirmed: 5, outOfStock: 1, declined: 1 },
      money: { captured: 2_520, refunded: 1_370, net: 1_150 },
    });
    expect(audit.filter(({ ok }) => !ok)).toEqual([]);
    expect(seconds).toBeGreaterThan(0);
    expect(ordersPerSecond).toBeGreaterThan(0);
    expect(left()).toEqual([]);

    const found = JSON.parse(readFileSync(books, "utf8")) as Record<string, Record<string, object>>;
    expect(found["returns"]).toEqual({
      "C105 line 13": { article: "A", outcome: "220 pence from 100 line 1, 100 line 4" },
      "C105 line 14": { article: "A", outcome: "nothing-to-return" },
      "C105 line 17": { article: "E7", outcome: "500 pence from 100 line 3" },
      "C118 line 20": { article: "A", outcome: "100 pence from 117 line 1" },
      "late 107": { article: "E7", outcome: "550 pence from 107 line 1" },
    });
    expect(found["orders"]!["100"]).toEqual({
      decision: "confirmed",
      capturedPence: 1_270,
      refundedPence: 720,
      articles: { A: 3, B7: 9, E7: 5 },
    });
    expect(found["stock"]).toMatchObject({
      A: { opening: 9, available: 4, sold: 5 },
      B7: { opening: 9, available: 0, sold: 9 },
      E7: { opening: 9, available: 9, sold: 0 },
    });

    const compared = run(["--compare", books, books]);
    expect(await compared.ended).toBe(0);
    expect(compared.told.out).toMatch(/^The books are the same: 7 orders, 5 returns/);
  },
);

test.concurrent(
  "under chaos every audit holds all the same, and nothing stays behind",
  { timeout: 240_000 },
  async () => {
    const many = join(folder, "many.csv");
    // Enough invoices for the shop to be at work while it is broken; every seventh is declined, and each fifth comes back.
    const invoices = Array.from({ length: 70 }, (_, i) => {
      const [customer, minute] = [`${(i % 9) + 1}.0`, String(i % 60).padStart(2, "0")];
      const price = i % 7 === 0 ? "0.36" : "1.00";
      const order = `${200 + i},A${i % 4},lamp,1,2010-12-02 08:${minute}:00,${price},${customer},United Kingdom`;
      const back = `C${200 + i},A${i % 4},lamp,-1,2010-12-02 09:${minute}:00,1.00,${customer},United Kingdom`;
      return i % 5 === 4 ? [order, back] : [order];
    }).flat();
    writeFileSync(many, `${[columns.join(","), ...invoices].join("\r\n")}\r\n`);
    const words = ["--topology", "split", "--concurrency", "2", "--chaos", "--for", "25s", "--seed", "4"];
    const { ended, told, left } = run(["--file", many, "--json", ...words]);
    const code = await ended;
    expect(told.out, told.err).toMatch(/^\{/);
    const { audit, chaos, orders } = JSON.parse(told.out) as Report;
    expect(audit.filter(({ ok }) => !ok)).toEqual([]);
    expect(code).toBe(0);
    expect(orders.placed).toBe(70);
    expect(chaos).toMatchObject({ seed: 4, leaseMs: 5_000 });
    expect(Object.values(chaos!.faults).reduce((sum, times) => sum + times, 0)).toBeGreaterThan(2);
    expect(left()).toEqual([]);
  },
);

test.concurrent.each([
  [[], "The shop runs as"],
  [["--chaos", "--topology", "split"], "chaos: begin"],
])(
  "Ctrl-C ends everything and leaves no process and no data: %j",
  { timeout: 120_000 },
  async (words, at) => {
    const { child, ended, told, left } = run(["--file", file, ...words]);
    await vi.waitFor(() => expect(told.err).toContain(at), { timeout: 60_000 });
    process.kill(-child.pid!, "SIGINT");
    expect(await ended).toBe(130);
    expect(left()).toEqual([]);
  },
);

test.each([
  [["--file", "/nowhere.csv"], "there is no file /nowhere.csv"],
  [["--file", "/"], "/ is a folder"],
  [["--file", fileURLToPath(import.meta.url)], "replay.test.ts, line 1: the first line is InvoiceNo,"],
  [["--file", "x", "--topology", "micor"], 'there is no topology "micor"; did you mean micro?'],
  [["--file", "x", "--books", "/nowhere/books"], "there is no file x"],
  [["--compare", "/nowhere", "/nowhere"], "there is no file /nowhere"],
])("%j is answered clearly", async (args, message) => {
  const { ended, told } = run(args);
  expect(await ended).toBe(2);
  expect(told.err).toContain(message);
  expect(told.err).not.toMatch(/^\s+at /m);
  expect(told.out).toBe("");
});
