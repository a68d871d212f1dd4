import type {
  CommandRow,
  ParkedRow,
  SagaRow,
  StepRow,
} from "../../packages/runtime/src/journal/memory-rows.ts";
import { isLive } from "../../packages/runtime/src/journal/memory-rows.ts";
import type { Operation } from "./clients.ts";
import type { Bank } from "./ledger/bank.ts";
import { wallets } from "./ledger/contracts.ts";
import type { Account, Entry, Line, TransferRow } from "./ledger/rows.ts";
import { isUnwanted } from "./ledger/services.ts";
import type { Observer } from "./observe.ts";
import type { World } from "./world/world.ts";

export interface Checked {
  readonly world: World;
  readonly bank: Bank;
  readonly observer: Observer;
  readonly operations: readonly Operation[];
}

const services = ["wallets", "vault", "clearing", "transfers", "statements"] as const;

function rowsOf<R>(world: World, service: string, table: string): [string, R][] {
  return [...world.store(service).table(table)] as [string, R][];
}

const valuesOf = <R>(world: World, service: string, table: string): R[] =>
  rowsOf<R>(world, service, table).map(([, row]) => row);

/** What is still to be done, in words; undefined at rest. */
export function unfinished({ world, operations }: Pick<Checked, "world" | "operations">): string | undefined {
  const waiting = operations.find((operation) => operation.outcome === undefined);
  if (waiting) return `${waiting.id} is not answered`;
  for (const service of services) {
    const sent = rowsOf(world, service, "outbox").length;
    if (sent > 0) return `${service} has ${sent} messages in its outbox`;
    const parked = valuesOf<ParkedRow>(world, service, "parked").filter((row) => row.state === "waiting");
    if (parked.length > 0) return `${service} has ${parked.length} messages to retry`;
    const live = valuesOf<SagaRow>(world, service, "saga").find(isLive);
    if (live) return `the saga ${live.id} of ${service} is ${live.state}`;
  }
  for (const { group, cursors } of world.log.groups.values()) {
    const lanes = world.log.lanes(group.channel);
    if (cursors.some((cursor) => cursor.next < lanes[cursor.lane]!.next))
      return `${group.service} has not taken all of ${group.channel}`;
  }
  return undefined;
}

/** The invariants at rest, by their numbers. */
export function checkAtRest(checked: Checked): void {
  clients(checked);
  transfersEnd(checked);
  messages(checked);
  sagas(checked);
  leases(checked);
}

/** 1 and 2: every ok has one effect, every failure none, every unknown at most one. */
function clients({ world, operations }: Checked): void {
  const topUps = valuesOf<Entry>(world, "wallets", "entry").filter((entry) => entry.op === "topUp");
  const requested = new Set(rowsOf<TransferRow>(world, "transfers", "transfer").map(([id]) => id));
  for (const { id, outcome, member } of operations) {
    const effects =
      member === wallets.topUp
        ? topUps.filter((entry) => entry.command === id).length
        : Number(requested.has(id));
    const fits = outcome === "ok" ? effects === 1 : outcome === "failed" ? effects === 0 : effects <= 1;
    if (!fits) world.violate("2 client", `${id} is ${String(outcome)} and has ${effects} effects`);
  }
}

/** The reverse of the order in which their steps are started. */
const undoing = ["debit", "void", "release"];

/** 1 and 6: done with all its steps, or taken back with each undone once, money and bank included. */
function transfersEnd({ world, bank, observer }: Checked): void {
  const entries = (["wallets", "vault", "clearing"] as const).flatMap((s) =>
    valuesOf<Entry>(world, s, "entry"),
  );
  const orders = [...bank.orders.values()];
  const settled = valuesOf<{ transfer: string; state: string }>(world, "transfers", "settling");
  for (const [transfer, row] of rowsOf<TransferRow>(world, "transfers", "transfer")) {
    const of = (op: string): number => entries.filter((e) => e.op === op && e.transfer === transfer).length;
    const [held, released, credited, debited, cleared, voided] = [
      of("hold"),
      of("release"),
      of("credit"),
      of("debit"),
      of("clear"),
      of("void"),
    ];
    const told = `hold ${held}, release ${released}, clear ${cleared}, void ${voided}, credit ${credited}, debit ${debited}`;
    const fits =
      row.state === "done"
        ? held === 1 && credited === 1 && cleared === 1 && released + debited + voided === 0
        : row.state === "refused" &&
          held <= 1 &&
          held === released &&
          credited <= 1 &&
          credited === debited &&
          cleared <= 1 &&
          cleared === voided;
    if (!fits) world.violate("6 saga", `${transfer} is ${row.state}: ${told}`);
    const undone = (observer.effects.get(transfer) ?? []).filter((op) => undoing.includes(op));
    const places = undone.map((op) => undoing.indexOf(op));
    if (places.some((place, i) => i > 0 && place < places[i - 1]!))
      world.violate("6 saga", `${transfer} was undone in the order ${undone.join(", ")}`);
    const asked = orders.filter((o) => o.transfer === transfer && o.verdict === "done");
    const clears = asked.filter((o) => o.action === "clear").length;
    const voids = asked.filter((o) => o.action === "void").length;
    if (clears > 1 || clears !== cleared || voids !== voided)
      world.violate(
        "6 saga",
        `${transfer} is ${row.state}, and the bank has ${clears} clears, ${voids} voids`,
      );
    const ends = settled.filter((s) => s.transfer === transfer).length;
    if (ends !== 1) world.violate("6 saga", `${transfer} was settled ${ends} times`);
  }
}

/** 3, 4, 5 and 9: each event applied once, in order, or a dead letter. */
function messages({ world, observer }: Checked): void {
  for (const what of observer.unpublished)
    world.violate("3 outbox", `${what} was committed and never published`);
  const dead = new Map<string, Set<string>>();
  for (const service of services)
    for (const row of valuesOf<ParkedRow>(world, service, "parked")) {
      const bodies = dead.get(row.channel) ?? new Set();
      dead.set(row.channel, bodies.add(row.body));
    }
  const deadN = (event: string, account: string): number[] =>
    [...(dead.get(`${event}@1`) ?? [])]
      .map((body) => JSON.parse(body) as { type: string; data: { account: string; n: number } })
      .filter(({ type, data }) => type === `${event}@1.changed` && data.account === account)
      .map(({ data }) => data.n);
  const lines = valuesOf<Line>(world, "statements", "line");
  for (const event of ["wallets", "vault"] as const)
    for (const [account, { n }] of rowsOf<Account>(world, event, "account")) {
      const got = lines.filter((l) => l.event === event && l.account === account).map((l) => l.n);
      for (let i = 1; i < got.length; i++)
        if (got[i]! <= got[i - 1]!)
          world.violate("5 order", `${event} ${account}: change ${got[i]} came after ${got[i - 1]}`);
      const all = [...got, ...deadN(event, account)].toSorted((a, b) => a - b);
      if (all.length !== n || all.some((value, i) => value !== i + 1))
        world.violate("4 once", `${event} ${account} changed ${n} times, statements have ${all.join(" ")}`);
    }
  const heard = valuesOf<{ transfer: string }>(world, "statements", "settled");
  const notes = valuesOf<{ transfer: string }>(world, "statements", "note");
  for (const [transfer] of rowsOf<TransferRow>(world, "transfers", "transfer")) {
    const times = heard.filter((row) => row.transfer === transfer).length;
    if (times !== 1) world.violate("4 once", `statements heard ${times} times how ${transfer} ended`);
    const noted = notes.filter((row) => row.transfer === transfer).length;
    if (noted !== Number(!isUnwanted(transfer)))
      world.violate("4 once", `${transfer} was noted ${noted} times`);
  }
  const slots = valuesOf<{ id: string }>(world, "transfers", "sweep").map((row) => row.id);
  if (new Set(slots).size !== slots.length) world.violate("4 once", "a slot of a schedule ran twice");
}

/** 6: undone in reverse of the start; 9: what was started has ended. */
function sagas({ world }: Checked): void {
  const all = rowsOf<SagaRow>(world, "transfers", "saga");
  const known = new Set(all.map(([, row]) => row.id));
  for (const [id, { state }] of rowsOf<TransferRow>(world, "transfers", "transfer")) {
    if (!known.has(id)) world.violate("9 ended", `${id} is ${state}, and its saga is gone`);
  }
  for (const [key, { id, state, parkedReason }] of all) {
    if (state !== "done" && state !== "refused")
      world.violate("6 saga", `${id} is ${state}: ${parkedReason ?? ""}`);
    const steps = valuesOf<StepRow>(world, "transfers", "step").filter((step) => step.saga === key);
    const left = steps.filter((s) => s.commandId !== "" && !s.name.startsWith("refused: "));
    const open = left.filter((s) => s.state === "started" || s.state === "undoing");
    if (open.length > 0)
      world.violate("6 saga", `${id} is ${state}, its step ${open[0]!.name} ${open[0]!.state}`);
    const wrong = left.filter((s) => (state === "done" ? s.state !== "done" : s.state === "done"));
    if (wrong.length > 0)
      world.violate("6 saga", `${id} is ${state}, its step ${wrong[0]!.name} ${wrong[0]!.state}`);
  }
}

/** 7: nothing stays with a dead owner, and no command is left between its phases. */
function leases({ world }: Checked): void {
  for (const service of services) {
    for (const [key, row] of rowsOf<CommandRow>(world, service, "command"))
      if (row.state === "open" || row.state === "intent")
        world.violate("7 pending", `${service}: the command ${key} is ${row.state}`);
    const workers = new Set(rowsOf(world, service, "worker").map(([id]) => id));
    for (const lease of valuesOf<{ worker: string | undefined }>(world, service, "lease"))
      if (lease.worker !== undefined && !workers.has(lease.worker))
        world.violate("7 pending", `${service}: its relay belongs to a dead process`);
  }
}
