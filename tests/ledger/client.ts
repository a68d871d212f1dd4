import { DeclaredError } from "kerf";
import type { Rig } from "@kerf/testing";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { accounts } from "../fixture/accounts/contract.ts";
import { transfers } from "../fixture/transfers/contract.ts";
import { largePence, type Operation } from "./plan.ts";

/** `failed`: a declared error, so nothing happened. `unknown`: it may have happened. */
export type Outcome = "ok" | "failed" | "unknown";

export interface ClientEntry {
  readonly id: string;
  readonly kind: Operation["kind"];
  readonly outcome: Outcome;
}

const atOnce = 4;
const tryMs = 1_500;

/** Gives the ledger its operations, several at once, and keeps a log of what it was told, which only grows. */
export class Client {
  readonly entries: ClientEntry[] = [];
  readonly #rig: Rig;
  readonly #file: string;

  constructor(rig: Rig, file: string) {
    this.#rig = rig;
    this.#file = file;
  }

  async all(operations: readonly Operation[]): Promise<void> {
    const queue = [...operations];
    const workers = Array.from({ length: atOnce }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await this.#one(next);
    });
    await Promise.all(workers);
  }

  /** Repeats it with the same id until its outcome is known, except what is to be tried once. */
  async #one(operation: Operation): Promise<void> {
    const known = await this.#untilKnown(operation.id, operation.kind, () => this.#call(operation));
    if (operation.kind !== "remit" || known !== "ok" || operation.pence < largePence) return;
    const { id } = operation;
    for (;;) {
      const outcome = await outcomeOf(
        this.#rig.call(transfers.approve, { id }, { id: `approve ${id}`, timeoutMs: tryMs }),
      );
      if (outcome === "ok") return;
      await sleep(50);
    }
  }

  async #untilKnown(id: string, kind: Operation["kind"], call: () => Promise<unknown>): Promise<Outcome> {
    for (;;) {
      const outcome = await outcomeOf(call());
      const entry: ClientEntry = { id, kind, outcome };
      this.entries.push(entry);
      appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
      if (outcome !== "unknown" || kind === "once") return outcome;
      await sleep(50);
    }
  }

  #call(operation: Operation): Promise<unknown> {
    const { id, pence } = operation;
    const options = { id, timeoutMs: tryMs };
    switch (operation.kind) {
      case "deposit":
      case "once":
        return this.#rig.call(accounts.deposit, { account: operation.account, pence }, options);
      case "overdraw":
        return this.#rig.call(accounts.withdraw, { account: operation.account, pence }, options);
      case "gift":
        return this.#rig.call(transfers.gift, { to: operation.account, pence }, options);
      case "remit":
        return this.#rig.call(
          transfers.remit,
          { id, from: operation.from, to: operation.to, pence },
          options,
        );
    }
  }
}

async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  return call.then(
    () => "ok",
    (error: unknown) => (error instanceof DeclaredError ? "failed" : "unknown"),
  );
}
