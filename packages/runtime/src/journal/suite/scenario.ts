import type { Database, Run, Transaction } from "../../data/transaction.ts";
import type { Journal, NewSaga, OutboxMessage } from "../journal.ts";

export interface Bench {
  readonly database: Database;
  readonly journal: Journal;
}

export type Case = (bench: Bench) => Promise<void>;

/** By what they prove. */
export type Cases = Readonly<Record<string, Case>>;

export function open({ database }: Bench, within = 5_000): Transaction {
  return database.open({ deadlineAt: Date.now() + within });
}

/** Does `work` in a transaction of its own and commits it. */
export async function commit<T>(bench: Bench, work: (run: Run) => Promise<T>): Promise<T> {
  const tx = open(bench);
  try {
    const result = await work(tx.run);
    await tx.commit();
    return result;
  } finally {
    await tx.rollback();
  }
}

/** Whether it is settled within 50 ms: what waits for a lock is not. */
export async function isSettled(work: Promise<unknown>): Promise<boolean> {
  const settled = work.then(
    () => true,
    () => true,
  );
  return Promise.race([settled, new Promise<false>((resolve) => setTimeout(resolve, 50, false))]);
}

export const message = (id: string, key = "k", channel = "orders@1"): OutboxMessage => ({
  channel,
  key,
  id,
  body: `{"id":"${id}"}`,
});

export const saga = (id: string, more: Partial<NewSaga> = {}): NewSaga => ({
  name: "checkout",
  id,
  version: 1,
  input: { id },
  inputHash: "a",
  actor: null,
  traceparent: "00-1",
  baggage: "tenant=blue",
  ...more,
});

export const [alpha, beta] = [
  "0190a000-0000-4000-8000-00000000000a",
  "0190a000-0000-4000-8000-00000000000b",
] as const;
