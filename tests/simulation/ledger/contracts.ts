import { command, contract, event, query } from "kerf";
import { z } from "zod";

const Part = z.object({ transfer: z.string(), account: z.string(), pence: z.int() });
const Of = z.object({ transfer: z.string() });
const Changed = z.object({ account: z.string(), n: z.int(), pence: z.int() });

/** The accounts that money leaves. */
export const wallets = contract("wallets", {
  version: 1,
  balance: query({
    input: z.object({ account: z.string() }),
    output: z.object({ pence: z.int() }),
    access: "public",
  }),
  topUp: command({
    input: z.object({ account: z.string(), pence: z.int() }),
    output: z.object({ pence: z.int() }),
    errors: { Refused: z.object({ pence: z.int() }) },
    access: "public",
    isolation: "serializable",
  }),
  hold: command({ input: Part, errors: { Insufficient: z.object({ pence: z.int() }) } }),
  release: command({ input: Of }),
  changed: event({ data: Changed, key: "account" }),
});

/** The accounts where money arrives. */
export const vault = contract("vault", {
  version: 1,
  credit: command({ input: Part, errors: { Frozen: z.object({ account: z.string() }) } }),
  debit: command({ input: Of }),
  changed: event({ data: Changed, key: "account" }),
});

/** Asks the bank outside, in two phases. */
export const clearing = contract("clearing", {
  version: 1,
  clear: command({
    input: z.object({ transfer: z.string(), pence: z.int() }),
    errors: { Declined: z.object({ pence: z.int() }) },
  }),
  void: command({ input: Of }),
  cleared: event({ data: Of, key: "transfer" }),
});

export const Shape = z.enum(["serial", "branches", "waits", "sleeps"]);

export const Transfer = z.object({
  transfer: z.string(),
  from: z.string(),
  to: z.string(),
  pence: z.int(),
  shape: Shape,
});

/** Owns the saga. */
export const transfers = contract("transfers", {
  version: 1,
  request: command({
    input: z.object({ from: z.string(), to: z.string(), pence: z.int(), shape: Shape }),
    errors: { Refused: z.object({ pence: z.int() }) },
    access: "public",
  }),
  finish: command({ input: Of }),
  refuse: command({ input: z.object({ transfer: z.string(), reason: z.string() }) }),
  settled: event({
    data: z.object({ transfer: z.string(), book: z.string(), state: z.string() }),
    key: "book",
  }),
});

/** A read model, and the notes that it is ordered to keep. */
export const statements = contract("statements", {
  version: 1,
  note: command({
    input: z.object({ transfer: z.string(), state: z.string() }),
    errors: { Unwanted: z.object({ transfer: z.string() }) },
  }),
});
