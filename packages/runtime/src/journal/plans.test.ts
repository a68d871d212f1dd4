/**
 * How PostgreSQL carries out the statements of the journal, of people's operations and of the broker, at the size of a
 * busy service: no big table is read from end to end. The plans are the server's own, of what really ran, those inside
 * of functions included. `KERF_PLANS=file` writes them in short.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresBroker } from "../broker/postgres.ts";
import { connections, type Connections } from "../data/connections.ts";
import { migrateList } from "../data/migrate.ts";
import { openServer, type DatabaseServer } from "../data/server.ts";
import type { Run } from "../data/transaction.ts";
import type { Journal } from "./journal.ts";
import type { OperationsJournal } from "./operations-journal.ts";
import { postgresOperations } from "./postgres-operations.ts";
import { postgresJournal } from "./postgres.ts";
import { retention } from "./retention.ts";
import { journalMigrations } from "./schema.ts";

const big = ["command", "inbox", "saga", "saga_step", "parked", "outbox", "mail", "action", "messages"];
/** Statements that read a big table as a whole, and why they may. */
const allowed: readonly { readonly table: string; readonly text: RegExp; readonly because: string }[] = [
  {
    table: "outbox",
    text: /limit 100000\) o\) as outbox/,
    because: "counts what is not sent, each half minute, to 100,000 at most",
  },
  {
    table: "parked",
    text: /limit 100000\) p\) as retries/,
    because: "counts what waits, which here is most of the table, to 100,000 at most",
  },
  {
    table: "saga",
    text: /select s\.name, s\.state, count\(\*\) as sagas/,
    because: "a person asks how many there are",
  },
  {
    table: "saga",
    text: /order by state = 'parked' desc/,
    because: "a person asks for the latest, of any state",
  },
];

/** As after a busy week of a middling service. */
const fill = `
insert into kerf.worker select ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'r' || n, now() + interval '1 day' from generate_series(1, 3) n;
insert into kerf.command (member, scope, id, input_hash, state, outcome, by_saga, at)
  select 'stock@1.m' || n % 7, 'orders', md5(n::text), md5(n::text), 'ok', '{}', n % 3 = 0, now() - n * interval '8 s' from generate_series(1, 100000) n;
insert into kerf.inbox (consumer, id, at)
  select 'orders@1.e' || n % 5, md5(n::text), now() - n * interval '16 s' from generate_series(1, 50000) n;
insert into kerf.saga (name, id, version, input, input_hash, traceparent, state, worker, next_at, started_at, ended_at, parked_at, parked_reason, parked_from)
  select 'checkout', 's' || n, 1, '{}', '', '', s, case when n <= 100 then '00000000-0000-4000-8000-000000000001'::uuid end,
    now() + case when n <= 150 then interval '-1 s' else interval '1 h' end, now() - n * interval '2 min',
    case when s = 'done' then now() - n * interval '2 min' end, case when s = 'parked' then now() end,
    case when s = 'parked' then 'x' end, case when s = 'parked' then 'undoing' end
  from generate_series(1, 5000) n, lateral (select case when n <= 300 then 'running' when n <= 340 then 'parked' else 'done' end) c(s);
insert into kerf.saga_step (saga, id, name, position, member, input_hash, command_id, state, output)
  select 'checkout', 's' || n, 'step ' || p, p, 'stock@1.m1', '', 'c', 'done', '{}' from generate_series(1, 5000) n, generate_series(0, 4) p;
insert into kerf.mail (saga, id, message_id, event, data)
  select 'checkout', 's' || n, 'm' || m, 'orders@1.e1', '{}' from generate_series(1, 4000) n, generate_series(1, 2) m;
insert into kerf.parked (channel, key, id, body, state, attempts, error, next_at, cause, dead_at, replay_at)
  select 'orders@1', 'k' || n % 50, 'p' || n, '{"type":"orders@1.e1","source":"orders"}', s, 1, 'x', now(),
    case when s <> 'waiting' then 'cause' || n % 7 end, case when s <> 'waiting' then now() - n * interval '1 min' end,
    case when n between 19001 and 19100 then now() + interval '1 h' end
  from generate_series(1, 20000) n, lateral (select case when n <= 18000 then 'waiting' when n <= 19500 then 'dead' else 'dropped' end) c(s);
insert into kerf.action (who, what, subject, id, at) select 'ann', 'replay', 'orders@1', 'p' || n, now() - n * interval '1 h' from generate_series(1, 5000) n;
insert into kerf.outbox (channel, key, id, body) select 'stock@1', 'k' || n, 'o' || n, '{}' from generate_series(1, 10000) n;
insert into kerf.slot select 'every ' || n, 60000, now() + interval '1 min' from generate_series(1, 10) n;
analyze;`;

const fillLog = `
insert into broker.channels (name) select 'c' || n || '@1' from generate_series(1, 20) n;
insert into broker.lanes (channel, lane, next) select c.id, l, 626 from broker.channels c, generate_series(0, 15) l;
insert into broker.messages (channel, lane, "offset", at, key, id, body)
  select c.id, l, o, now() - (626 - o) * interval '960 s', 'k' || o, md5(l || ' ' || o), repeat('x', 300)
  from broker.channels c, generate_series(0, 15) l, generate_series(1, 625) o;
insert into broker.groups (service, channel) select 's' || n, id from broker.channels, generate_series(1, 3) n;
insert into broker.cursors (grp, lane, next) select g.id, l, 600 from broker.groups g, generate_series(0, 15) l;
analyze;`;

const dataDir = mkdtempSync(join(tmpdir(), "kerf-plans-"));
let server: DatabaseServer;
let urls: Map<string, string>;
let pool: Connections;

beforeAll(async () => {
  server = await openServer({ dataDir });
  urls = await server.provision(["plans", "plans_broker"]);
  await migrateList(urls.get("plans")!, { service: "kerf", migrations: journalMigrations });
  await (await postgresBroker({ url: urls.get("plans_broker")! })).close();
  const run = async (url: string, text: string): Promise<void> => {
    const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
    for (const one of text.split(/;\s*\n|;$/).filter((part) => part.trim())) await sql.unsafe(one);
    await sql.end();
  };
  await run(urls.get("plans")!, fill);
  await run(urls.get("plans_broker")!, fillLog);
  const explain = { log_min_duration: "0", log_nested_statements: "on", log_format: "json" };
  await run(
    server.adminUrl,
    [
      "load 'auto_explain'",
      "alter system set session_preload_libraries = 'auto_explain'",
      ...Object.entries(explain).map(([name, value]) => `alter system set auto_explain.${name} = '${value}'`),
      "alter system set log_line_prefix = '@@ %d '",
      "select pg_reload_conf()",
    ].join(";\n"),
  );
  pool = connections({ budget: 2 });
}, 120_000);
afterAll(async () => {
  await pool?.close();
  await server?.close({ now: true });
  rmSync(dataDir, { recursive: true, force: true });
});

interface Node {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly Plans?: readonly Node[];
}
interface Plan {
  readonly text: string;
  readonly nodes: readonly Node[];
}

/** What the server logged since `from` characters, once it has logged all of it. */
async function plansSince(from: number): Promise<readonly Plan[]> {
  const end = `the end of ${Math.random()}`;
  const sql = postgres(server.adminUrl, { max: 1, fetch_types: false });
  await sql.unsafe(`select '${end}'`);
  await sql.end();
  const log = join(dataDir, "postgres.log");
  await expect.poll(() => readFileSync(log, "utf8").slice(from), { timeout: 10_000 }).toContain(end);
  return readFileSync(log, "utf8")
    .slice(from)
    .split(/^@@ /m)
    .flatMap((entry): Plan[] => {
      const at = entry.indexOf("plan:\n");
      if (!entry.startsWith("plans") || at < 0 || entry.includes("the test's own")) return [];
      const plan = JSON.parse(entry.slice(at + 6)) as { "Query Text": string; Plan: Node };
      return [{ text: plan["Query Text"].trim(), nodes: flat(plan.Plan) }];
    });
}

function flat(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}

/** The same few times: a prepared statement changes to a general plan at its sixth. */
const times = 8;
const id = (n: number): string => `x${n}`;
const [one] = ["00000000-0000-4000-8000-000000000001"];
const key = (n: number) => ({ member: "stock@1.m1", scope: "orders", id: id(n) });
const message = (n: number) => ({
  channel: "orders@1",
  key: `new ${n}`,
  id: id(n),
  body: `{"type":"orders@1.e1"}`,
});
const saga = (n: number) => ({
  name: "checkout",
  id: id(n),
  version: 1,
  input: {},
  inputHash: "",
  actor: null,
  traceparent: "",
});
const step = {
  position: 0,
  name: "a",
  member: "m",
  inputHash: "",
  commandId: "c",
  state: "started" as const,
  output: null,
  at: 0,
};
const by = { who: "ann", why: "because" };

/** Each operation of the journal, `n` telling its turns apart. */
const operations: { readonly [K in keyof Journal]: (run: Run, n: number) => Promise<unknown> } = {
  openCommand: (run, n) => postgresJournal.openCommand(run, key(n), "", "open", false),
  closeCommand: (run, n) => postgresJournal.closeCommand(run, key(n), "ok", {}),
  readCommand: (run, n) => postgresJournal.readCommand(run, key(n), n % 2 === 0),
  appendOutbox: (run, n) => postgresJournal.appendOutbox(run, [message(n)]),
  readOutbox: (run) => postgresJournal.readOutbox(run, 500),
  deleteOutbox: (run, n) => postgresJournal.deleteOutbox(run, [n]),
  openInbox: (run, n) => postgresJournal.openInbox(run, "orders@1.e1", id(n)),
  openReplayable: (run, n) => postgresJournal.openReplayable(run, "orders@1.e2", id(n)),
  blockedKeys: (run) => postgresJournal.blockedKeys(run, "orders@1"),
  parkedIds: (run, n) => postgresJournal.parkedIds(run, "orders@1", [id(n)]),
  park: (run, n) => postgresJournal.park(run, [message(n)], "x", 0, true),
  claimParked: (run) => postgresJournal.claimParked(run, randomUUID(), 20, 60_000),
  unclaimParked: (run, n) => postgresJournal.unclaimParked(run, one!, n + 1),
  postpone: (run, n) => postgresJournal.postpone(run, one!, n + 1, "x", 1_000),
  bury: (run, n) => postgresJournal.bury(run, one!, n + 101, "x", "cause1"),
  unpark: async (run, n) => {
    await run("update kerf.parked set worker = $1 where parked_id = $2", [one, n + 1]);
    return postgresJournal.unpark(run, one!, n + 1);
  },
  openSagas: (run, n) => postgresJournal.openSagas(run, one, [saga(n)]),
  claimSagas: (run) =>
    postgresJournal.claimSagas(run, one!, {
      limit: 20,
      inMemory: [],
      known: [{ name: "checkout", version: 1 }],
    }),
  readSaga: (run, n) => postgresJournal.readSaga(run, "checkout", `s${n + 1}`),
  readSteps: (run, n) => postgresJournal.readSteps(run, "checkout", `s${n + 1}`),
  recordSaga: (run, n) =>
    postgresJournal.recordSaga(run, one!, "checkout", `s${n + 1}`, [step], {
      state: "running",
      durable: true,
    }),
  deliverMail: (run, n) =>
    postgresJournal.deliverMail(run, "checkout", `s${n + 1}`, { event: "e", messageId: id(n), data: {} }),
  readMail: (run, n) => postgresJournal.readMail(run, "checkout", `s${n + 1}`),
  tick: (run) => postgresJournal.tick(run, one!, "r1", 30_000),
  releaseWorker: (run) => postgresJournal.releaseWorker(run, "00000000-0000-4000-8000-000000000002"),
  liveSagas: (run) => postgresJournal.liveSagas(run),
  declareHears: (run) => postgresJournal.declareHears(run, one!, ["orders@1.e1"]),
  heardByOthers: (run) => postgresJournal.heardByOthers(run, one!),
  declareSlots: (run) => postgresJournal.declareSlots(run, [{ name: "every 1", everyMs: 60_000 }]),
  openSlot: (run) => postgresJournal.openSlot(run, { name: "every 1", at: 0 }),
  trim: (run) => postgresJournal.trim(run, 100, retention),
  backlog: (run) => postgresJournal.backlog(run),
};

const letter = { channel: "orders@1", id: "p18500" };
const people: { readonly [K in keyof OperationsJournal]: (run: Run, n: number) => Promise<unknown> } = {
  ready: (run) => postgresOperations.ready(run),
  readGroups: (run) => postgresOperations.readGroups(run),
  readLetters: (run) => postgresOperations.readLetters(run, { cause: "cause1" }, 100),
  findLetters: (run) => postgresOperations.findLetters(run, letter.id, letter.channel),
  replayLetters: (run, n) => postgresOperations.replayLetters(run, { id: `p${18_100 + n}` }, 10, by),
  dropLetters: (run, n) => postgresOperations.dropLetters(run, { cause: `cause${n % 7}` }, by),
  countSagas: (run) => postgresOperations.countSagas(run),
  readSagas: (run, n) => postgresOperations.readSagas(run, { limit: 50, state: n % 2 ? "stuck" : undefined }),
  findSagas: (run, n) => postgresOperations.findSagas(run, `s${n + 301}`),
  retrySaga: (run, n) => postgresOperations.retrySaga(run, "checkout", `s${n + 301}`, by),
  abandonSaga: (run, n) => postgresOperations.abandonSaga(run, "checkout", `s${n + 321}`, by),
  readActions: (run) => postgresOperations.readActions(run, "p7"),
  publish: (run, n) =>
    postgresOperations.publish(
      run,
      [{ channel: "orders@1", key: `k${n}`, id: `hand${n}`, body: "{}" }],
      "orders@1.e1",
      by,
    ),
  readReplicas: (run) => postgresOperations.readReplicas(run),
};

test("no statement reads a big table from end to end", { timeout: 120_000 }, async () => {
  // A new operation belongs in the lists above.
  expect(Object.keys(operations).toSorted()).toEqual(Object.keys(postgresJournal).toSorted());
  expect(Object.keys(people).toSorted()).toEqual(Object.keys(postgresOperations).toSorted());
  const from = readFileSync(join(dataDir, "postgres.log"), "utf8").length;
  const database = pool.database(urls.get("plans")!, { name: "plans" });
  for (const operation of [...Object.values(operations), ...Object.values(people)]) {
    for (let n = 0; n < times; n++) {
      const tx = database.open({ deadlineAt: Date.now() + 30_000 });
      await operation(tx.run, n);
      await tx.commit();
    }
  }
  await driveBroker(urls.get("plans_broker")!);
  const plans = await plansSince(from);
  const scanned = plans.flatMap(({ text, nodes }) =>
    nodes
      .filter((node) => node["Node Type"] === "Seq Scan" && big.includes(node["Relation Name"]!))
      .map((node) => ({ table: node["Relation Name"]!, text })),
  );
  const excuse = ({ table, text }: (typeof scanned)[number]) =>
    allowed.find((a) => a.table === table && a.text.test(text));
  expect([
    ...new Set(scanned.filter((scan) => !excuse(scan)).map(({ table, text }) => `${table}: ${text}`)),
  ]).toEqual([]);
  // The plans must be those of everything.
  for (const part of [
    "insert into broker.messages",
    "delete from broker.messages",
    "delete from kerf.saga",
    "from kerf.parked_head",
  ])
    expect(
      plans.some(({ text }) => text.includes(part)),
      part,
    ).toBe(true);
  if (process.env["KERF_PLANS"]) writeFileSync(process.env["KERF_PLANS"], inShort(plans));
});

/** Everything that a broker does, with real messages. */
async function driveBroker(url: string): Promise<void> {
  const broker = await postgresBroker({ url, leaseMs: 3_000, pollMs: 100, retentionMs: 6 * 86_400_000 });
  let seen = 0;
  const group = { service: "s1", channel: "c1@1" };
  await broker.register([group]);
  await broker.subscribe(group, async (messages) => void (seen += messages.length));
  for (let n = 0; n < times; n++) {
    const messages = Array.from({ length: 20 }, (_, i) => ({ ...message(n * 20 + i), channel: "c1@1" }));
    await broker.publish({ publisher: "plans", fence: 1, messages });
    await broker.backlog();
  }
  await expect.poll(() => seen, { timeout: 20_000 }).toBeGreaterThanOrEqual(16 * 26 + 160);
  const sql = postgres(url, { max: 1, fetch_types: false });
  // It is trimmed at the first tick, and of 200,000 messages some are a week old.
  await expect
    .poll(
      async () => Number((await sql`select count(*) from broker.messages -- the test's own`)[0]!["count"]),
      {
        timeout: 20_000,
      },
    )
    .toBeLessThan(190_000);
  await sql.end();
  await broker.close();
}

/** A line for each statement on our tables: its beginning, and how each big table in it is reached. */
function inShort(plans: readonly Plan[]): string {
  const lines = new Map<string, Set<string>>();
  for (const { text, nodes } of plans) {
    const ways = nodes
      .filter((node) => big.includes(node["Relation Name"]!) && node["Node Type"] !== "ModifyTable")
      .map((node) => `${node["Relation Name"]} by ${node["Index Name"] ?? node["Node Type"]}`);
    if (ways.length === 0) continue;
    const start = text.replaceAll(/\s+/g, " ").slice(0, 110);
    lines.set(start, new Set([...(lines.get(start) ?? []), ...ways]));
  }
  return [...lines].map(([text, ways]) => `${text}\n    ${[...ways].join("; ")}\n`).join("");
}
