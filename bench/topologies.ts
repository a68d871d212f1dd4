/**
 * What each topology of the shop costs: start-up to ready on existing data, memory (proportional set size, PostgreSQL
 * and its keeper included), and whole checkouts per second through the gateway (reserve, pay, ship, confirm).
 *
 * npx node bench/topologies.ts [--topologies monolith,split,micro] [--rounds 3] [--seconds 8] [--concurrency 16]
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Pool } from "undici";

const { values } = parseArgs({
  options: {
    topologies: { type: "string", default: "monolith,split,micro" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "8" },
    concurrency: { type: "string", default: "16" },
  },
});
const bin = fileURLToPath(new URL("../packages/cli/bin/kerf.js", import.meta.url));
const config = fileURLToPath(new URL("../examples/shop/kerf.config.ts", import.meta.url));

interface Shop {
  readonly gateway: string;
  readonly readyMs: number;
  readonly process: ChildProcess;
}

async function start(topology: string, data: string): Promise<Shop> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      bin,
      "dev",
      "--no-dashboard",
      "--config",
      config,
      "--data",
      data,
      "--port",
      "0",
      "--topology",
      topology,
      "--json",
      "--no-watch",
    ],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, KERF_LOG_LEVEL: "warn" } },
  );
  for await (const line of createInterface({ input: child.stdout! })) {
    const told = JSON.parse(line) as { event?: string; gateway?: string; msg?: string };
    if (told.event === "ready" && told.gateway) {
      child.stdout!.resume();
      return { gateway: told.gateway, readyMs: performance.now() - began, process: child };
    }
    if (told.event === "failed" || told.event === "died") throw new Error(line);
  }
  throw new Error(`the shop did not start as ${topology}`);
}

async function stop(shop: Shop): Promise<void> {
  shop.process.kill("SIGINT");
  await once(shop.process, "exit");
}

/** Megabytes of every process that belongs to this run: the supervisor, its units, PostgreSQL and its keeper. */
async function memory(
  root: number,
  data: string,
): Promise<{ readonly total: number; readonly units: number[] }> {
  const parents = new Map<number, number>();
  const command = new Map<number, string>();
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = await readFile(`/proc/${entry}/stat`, "utf8");
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
      command.set(Number(entry), (await readFile(`/proc/${entry}/cmdline`, "utf8")).replaceAll("\0", " "));
    } catch {
      // It ended while we looked.
    }
  }
  const below = (pid: number, top: number): boolean =>
    pid === top || (pid > 1 && below(parents.get(pid) ?? 0, top));
  const databases = [...command]
    .filter(([, text]) => text.includes(data) && !text.includes(" dev "))
    .map(([pid]) => pid);
  const ours = [...parents.keys()].filter((pid) => [root, ...databases].some((top) => below(pid, top)));
  const sizes = new Map<number, number>();
  for (const pid of ours) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    sizes.set(pid, Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024);
  }
  const units = ours.filter((pid) => parents.get(pid) === root).map((pid) => sizes.get(pid)!);
  return { total: [...sizes.values()].reduce((a, b) => a + b, 0), units };
}

async function checkouts(gateway: string): Promise<number> {
  const pool = new Pool(gateway, { connections: Number(values.concurrency) });
  const send = async (method: "GET" | "POST", path: string, who: string, body?: unknown): Promise<any> => {
    const reply = await pool.request({
      method,
      path,
      headers: { authorization: `Bearer ${who}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return reply.body.json();
  };
  const { products } = await send("GET", "/v1/products?search=candle", "dev:bench");
  const offers: string[] = products.map((product: any) => product.offer.offerId);
  const until = performance.now() + Number(values.seconds) * 1_000;
  const began = performance.now();
  let done = 0;
  let n = 0;
  await Promise.all(
    Array.from({ length: Number(values.concurrency) }, async () => {
      while (performance.now() < until) {
        const offerId = offers[n++ % offers.length];
        const order = await send("POST", "/v1/orders", "dev:alice", { lines: [{ offerId, quantity: 1 }] });
        if (!order.orderId) throw new Error(`an order was not taken: ${JSON.stringify(order)}`);
        for (let state = "pending"; state === "pending";) {
          state = (await send("GET", `/v1/orders/${order.orderId}?waitMs=1500`, "dev:alice")).state;
        }
        done++;
      }
    }),
  );
  const rate = done / ((performance.now() - began) / 1_000);
  await pool.close();
  return rate;
}

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
const spread = (all: readonly number[], digits = 0): string =>
  `${median(all).toFixed(digits)} (${Math.min(...all).toFixed(digits)} to ${Math.max(...all).toFixed(digits)})`;

console.log(
  `each figure: median (min to max) of ${values.rounds} rounds; ${values.concurrency} checkouts in flight for ${values.seconds} s`,
);
for (const topology of values.topologies.split(",")) {
  const data = await mkdtemp(join(tmpdir(), "kerf-bench-"));
  try {
    await stop(await start(topology, data));
    const [ready, total, unit, rate]: number[][] = [[], [], [], []];
    for (let round = 0; round < Number(values.rounds); round++) {
      const shop = await start(topology, data);
      ready!.push(shop.readyMs);
      const used = await memory(shop.process.pid!, data);
      total!.push(used.total);
      unit!.push(Math.max(...used.units));
      rate!.push(await checkouts(shop.gateway));
      await stop(shop);
    }
    console.log(
      `${topology}: ready in ${spread(ready!)} ms; ${spread(total!)} MB in all, largest unit ${spread(unit!)} MB; ${spread(rate!, 1)} checkouts/s`,
    );
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}
