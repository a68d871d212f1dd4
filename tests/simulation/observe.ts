import type { Batch } from "../../packages/runtime/src/broker/broker.ts";
import type { OutboxRow, SagaRow } from "../../packages/runtime/src/journal/memory-rows.ts";
import type { Account, Entry } from "./ledger/rows.ts";
import { openingPence } from "./ledger/money.ts";
import type { World } from "./world/world.ts";

/** Watches what must be true at every moment, where it would first be untrue. */
export class Observer {
  /** Ids by channel and key, in the order in which they were committed. */
  readonly #committed = new Map<string, string[]>();
  readonly #known = new Set<string>();
  /** How many of each of those the broker has. */
  readonly #published = new Map<string, number>();
  readonly #seen = new Set<string>();
  readonly #fences = new Map<string, number>();
  readonly #owners = new Map<string, object>();
  /** Of sagas, and since when each is known to live. */
  readonly #sagaOwners = new Map<string, string>();
  readonly #livingSince = new Map<string, number>();
  /** What was done and undone for each transfer, in the order of commits. */
  readonly effects = new Map<string, string[]>();
  readonly #world: World;
  commits = 0;
  /** Publications and deliveries of what was there before. */
  repeats = 0;

  constructor(world: World) {
    this.#world = world;
    for (const service of ["wallets", "vault", "clearing", "transfers", "statements"]) {
      const store = world.store(service);
      store.onCommit = (writes) => {
        this.commits += 1;
        for (const row of writes.get("outbox")?.values() ?? []) if (row) this.#outbox(row as OutboxRow);
        world.trace.add(
          `commit ${service}: ${[...writes].map(([table, rows]) => `${table} ${[...rows.keys()].join(" ")}`).join("; ")}`,
        );
        for (const row of writes.get("entry")?.values() ?? []) this.#effect(row as Entry);
        for (const [id, row] of writes.get("worker") ?? []) this.#worker(`${service} ${id}`, row);
        for (const [key, row] of writes.get("saga") ?? []) if (row) this.#saga(service, key, row as SagaRow);
        if (writes.has("account")) this.#balance(service);
      };
    }
    world.published = ({ publisher, fence }, process) => this.#owner(publisher, fence, process);
    const append = world.log.append.bind(world.log);
    world.log.append = (batch, at) => {
      append(batch, at);
      this.#append(batch);
    };
  }

  /** 1: what the accounts hold is what their entries say, in every committed state. */
  #balance(service: string): void {
    const store = this.#world.store(service);
    for (const [account, row] of store.table("account")) {
      let pence = openingPence;
      let n = 0;
      for (const entry of store.table("entry").values()) {
        const { account: of, pence: change } = entry as Entry;
        if (of !== account) continue;
        pence += change;
        n += 1;
      }
      const known = row as Account;
      if (known.pence !== pence || known.n !== n)
        this.#world.violate(
          "1 money",
          `${service} ${account} holds ${known.pence}, its entries say ${pence}`,
        );
    }
  }

  #effect({ op, transfer }: Entry): void {
    const list = this.effects.get(transfer) ?? [];
    this.effects.set(transfer, list);
    list.push(op);
  }

  /** 8: a fence belongs to one process. */
  #owner(publisher: string, fence: number, process: object): void {
    const owner = this.#owners.get(`${publisher} ${fence}`) ?? process;
    this.#owners.set(`${publisher} ${fence}`, owner);
    if (owner !== process)
      this.#world.violate("8 fence", `${publisher}: two processes published with fence ${fence}`);
  }

  #worker(id: string, row: object | undefined): void {
    if (row === undefined) this.#livingSince.delete(id);
    else if (!this.#livingSince.has(id)) this.#livingSince.set(id, this.#world.timeline.now);
  }

  /** 8: a saga is not taken from a process that lives, and has lived for longer than a commit may take. */
  #saga(service: string, key: string, { worker }: SagaRow): void {
    const owner = this.#sagaOwners.get(key);
    if (worker === undefined) this.#sagaOwners.delete(key);
    else this.#sagaOwners.set(key, worker);
    if (owner === undefined || worker === undefined || owner === worker) return;
    const since = this.#livingSince.get(`${service} ${owner}`) ?? Infinity;
    if (this.#world.timeline.now - since > 5_000)
      this.#world.violate("8 fence", `${service}: the saga ${key} was taken from a process that lives`);
  }

  #outbox({ channel, key, id }: OutboxRow): void {
    const place = `${channel} ${key}`;
    if (this.#known.has(id)) return;
    this.#known.add(id);
    const list = this.#committed.get(place) ?? [];
    this.#committed.set(place, list);
    list.push(id);
  }

  /** 3, 5 and 8: only what was committed, in the order of commits, and nothing of an old owner after a new one. */
  #append({ publisher, fence, messages }: Batch): void {
    const newest = this.#fences.get(publisher) ?? fence;
    if (fence < newest)
      this.#world.violate("8 fence", `${publisher} published with fence ${fence} after fence ${newest}`);
    this.#fences.set(publisher, Math.max(fence, newest));
    for (const { channel, key, id } of messages) {
      if (this.#seen.has(id)) {
        this.repeats += 1;
        continue;
      }
      this.#seen.add(id);
      const place = `${channel} ${key}`;
      const nth = this.#published.get(place) ?? 0;
      this.#published.set(place, nth + 1);
      const due = this.#committed.get(place)?.[nth];
      if (!this.#known.has(id))
        this.#world.violate("3 outbox", `${place} ${id} was published and never committed`);
      else if (due !== id)
        this.#world.violate("5 order", `${place}: ${id} was published where ${String(due)} was next`);
    }
  }

  /** At rest: what was committed and never reached the broker. */
  get unpublished(): readonly string[] {
    return [...this.#committed].flatMap(([place, ids]) =>
      ids.filter((id) => !this.#seen.has(id)).map((id) => `${place} ${id}`),
    );
  }
}
