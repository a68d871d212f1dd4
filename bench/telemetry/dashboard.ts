import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDashboard } from "@kerf/dashboard";

/**
 * The dashboard in a process of its own: what 5,000 spans a second cost it, how many it takes at most, and how long
 * searches among a million take while more come.
 *
 *     node bench/telemetry/dashboard.ts --seconds 20 --spans 1000000
 */
const TOKEN = "a token of a measurement, which is no secret";
const BATCH = 512;
/** An attribute that one span has. */
let rare = "";

if (process.send) await beDashboard(process.argv[2]!);
else await measure();

async function beDashboard(file: string): Promise<void> {
  const dashboard = await openDashboard({
    host: "127.0.0.1",
    port: 0,
    token: TOKEN,
    file,
    app: "bench",
    topology: "one",
    who: "bench",
    gateway: () => undefined,
    application: () => Promise.reject(new Error("there is none")),
    operations: undefined,
    control: undefined,
    onError: console.error,
  });
  process.on("message", (message) => {
    if (message === "use") process.send!({ ...process.cpuUsage(), rss: process.memoryUsage().rss });
    else void dashboard.close().then(() => process.disconnect());
  });
  process.send!({ endpoint: dashboard.endpoint });
}

async function measure(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "20" },
      spans: { type: "string", default: "1000000" },
    },
  });
  const seconds = Number(values.seconds);
  const wanted = Number(values.spans);
  const folder = mkdtempSync(join(tmpdir(), "kerf-bench-"));
  const file = join(folder, "telemetry.db");
  const child = fork(import.meta.filename, [file]);
  try {
    const [{ endpoint }] = (await once(child, "message")) as [{ endpoint: string }];
    const session = await fetch(`${endpoint}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: endpoint },
      body: JSON.stringify({ token: TOKEN }),
    });
    const cookie = session.headers.get("set-cookie")!.split(";")[0]!;
    const ask = async (path: string) => (await fetch(endpoint + path, { headers: { cookie } })).json();
    const use = async (): Promise<{ user: number; system: number; rss: number }> => {
      child.send("use");
      return ((await once(child, "message")) as [{ user: number; system: number; rss: number }])[0];
    };
    let sent = 0;
    let refused = 0;
    const send = async (): Promise<void> => {
      const response = await fetch(`${endpoint}/v1/traces`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: batch(),
      });
      await response.arrayBuffer();
      if (response.ok) sent += BATCH;
      else {
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };

    const before = await use();
    const start = performance.now();
    while (performance.now() - start < seconds * 1_000) {
      await send();
      const due = start + (sent / 5_000) * 1_000;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
    const paced = await use();
    const took = (performance.now() - start) / 1_000;
    const cpu = (paced.user + paced.system - before.user - before.system) / 1e6 / took;
    console.log(
      `${Math.round(sent / took)} spans/s for ${took.toFixed(1)} s: ${(cpu * 100).toFixed(0)} % of a core, ${mib(paced.rss)} MiB`,
    );

    const filling = { at: performance.now(), sent, use: await use() };
    let most = 0;
    while (sent < wanted) {
      await Promise.all(Array.from({ length: 2 }, send));
      if ((sent / BATCH) % 100 < 2) most = Math.max(most, (await use()).rss);
    }
    const filled = await use();
    const elapsed = (performance.now() - filling.at) / 1_000;
    const busy = (filled.user + filled.system - filling.use.user - filling.use.system) / 1e6;
    console.log(
      `as fast as it takes them: ${Math.round((sent - filling.sent) / elapsed)} spans/s, ` +
        `${Math.round((sent - filling.sent) / busy)} for each second of CPU; at most ${mib(most)} MiB; ` +
        `${refused} batches were told to come again; ${mib(statSync(file).size)} MiB on disk`,
    );

    const searches: readonly [string, string][] = [
      ["the latest", ""],
      ["of a service", "service=orders"],
      ["of a member, failed", "member=payments@1.charge&status=error"],
      ["slow ones of a member", "member=payments@1.charge&minMs=99.9"],
      ["slow ones", "minMs=99.9"],
      ["an attribute that one span has", `attribute=order.id%3D${encodeURIComponent(rare)}`],
      ["an attribute that none has", "attribute=order.id%3Dnone"],
      ["a word that none has", "text=nowhere"],
    ];
    for (const [what, query] of searches) {
      const times: number[] = [];
      let traces = 0;
      for (let i = 0; i < 5; i++) {
        const at = performance.now();
        const found = (await ask(`/api/traces?${query}`)) as { traces: unknown[] };
        times.push(performance.now() - at);
        traces = found.traces.length;
      }
      const middle = times.toSorted((a, b) => a - b)[2]!;
      console.log(
        `search, ${what}: ${middle.toFixed(0)} ms (the longest ${Math.max(...times).toFixed(0)}), ${traces} found`,
      );
    }
    const at = performance.now();
    await ask("/api/map?windowMs=3600000");
    console.log(
      `map of an hour: ${(performance.now() - at).toFixed(0)} ms; then ${mib((await use()).rss)} MiB`,
    );
  } finally {
    if (child.connected) child.send("end");
    if (child.exitCode === null) await once(child, "exit");
    rmSync(folder, { recursive: true });
  }
}

/** Traces of eight spans, as a checkout has them. */
function batch(): string {
  const spans: Record<string, object[]> = { gateway: [], orders: [], inventory: [], payments: [] };
  for (let i = 0; i < BATCH / 8; i++) {
    const traceId = randomBytes(16).toString("hex");
    const ids = Array.from({ length: 8 }, () => randomBytes(8).toString("hex"));
    const start = BigInt(Date.now()) * 1_000_000n;
    const order = randomBytes(6).toString("hex");
    rare ||= order;
    const add = (
      at: number,
      service: string,
      parent: number,
      kind: number,
      name: string,
      attributes: object,
    ) =>
      spans[service]!.push({
        traceId,
        spanId: ids[at],
        ...(parent < 0 ? {} : { parentSpanId: ids[parent] }),
        name,
        kind,
        startTimeUnixNano: String(start + BigInt(at) * 100_000n),
        endTimeUnixNano: String(start + BigInt(Math.floor(Math.random() * 1e8)) + 1_000_000n),
        attributes: Object.entries(attributes).map(([key, value]) => ({
          key,
          value: typeof value === "boolean" ? { boolValue: value } : { stringValue: value },
        })),
        status: Math.random() < 0.01 ? { code: 2, message: "declined" } : {},
      });
    const call = (member: string, caller: string) => ({
      "rpc.system": "kerf",
      "rpc.service": member.split(".")[0],
      "rpc.method": member.split(".")[1],
      "kerf.member": member,
      "kerf.caller": caller,
      "kerf.local": false,
    });
    const query = {
      "db.system.name": "postgresql",
      "db.namespace": "orders",
      "db.query.text": "insert into orders (id, customer, total) values ($1, $2, $3) returning id",
    };
    add(0, "gateway", -1, 2, "POST /orders", {
      "http.request.method": "POST",
      "http.route": "/orders",
      "url.path": "/orders",
      "order.id": order,
    });
    add(1, "gateway", 0, 3, "orders@1.place", call("orders@1.place", "gateway"));
    add(2, "orders", 1, 2, "orders@1.place", call("orders@1.place", "gateway"));
    add(3, "orders", 2, 3, "INSERT postgresql", query);
    add(4, "orders", 2, 3, "inventory@1.reserve", call("inventory@1.reserve", "orders"));
    add(5, "inventory", 4, 2, "inventory@1.reserve", call("inventory@1.reserve", "orders"));
    add(6, "orders", 2, 3, "payments@1.charge", call("payments@1.charge", "orders"));
    add(7, "payments", 6, 2, "payments@1.charge", call("payments@1.charge", "orders"));
  }
  return JSON.stringify({
    resourceSpans: Object.entries(spans).map(([service, of]) => ({
      resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
      scopeSpans: [{ spans: of }],
    })),
  });
}

function mib(bytes: number): number {
  return Math.round(bytes / (1 << 20));
}
