import { DeclaredError, StatusError, type AnyCommand, type Phases } from "kerf";
import { crashAround, crashpoint } from "../crashpoint/crashpoint.ts";
import type { Run } from "../data/transaction.ts";
import { hashValue } from "../journal/hash.ts";
import type { CommandKey } from "../journal/journal.ts";
import { HandlerContext } from "../service/context.ts";
import type { ServicePort, Storage } from "../service/port.ts";
import type { CallHeader } from "../transport/transport.ts";
import { Effects } from "./effects.ts";
import { returned } from "./query.ts";
import { keyOf, outcomeOf, readRecord, stillRunning } from "./record.ts";
import { fresh, transact, type Done } from "./transact.ts";

/** A command of a service of this process. */
export interface CommandEndpoint {
  readonly port: ServicePort;
  readonly command: AnyCommand;
  readonly handler: ((input: any, context: any) => Promise<unknown>) | Phases;
  /** Checks and copies a reply; throws where it does not fit the contract. */
  readonly check: (output: unknown) => unknown;
  /** Ids of this command that run in this process now: the same again is told so instead of waiting for its lock. */
  readonly running: Set<string>;
}

interface Invocation extends CommandEndpoint {
  readonly storage: Storage;
  readonly input: unknown;
  readonly inputHash: string;
  readonly key: CommandKey;
  readonly header: CallHeader;
  readonly signal: AbortSignal | undefined;
}

interface Carried {
  readonly output: unknown;
  readonly effects: Effects;
}

/**
 * Carries out an order, once for its id: the record is inserted first and holds the outcome, which a repetition is
 * answered with. Declared errors are outcomes too.
 */
export async function runCommand(
  endpoint: CommandEndpoint,
  input: unknown,
  header: CallHeader,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const { port, command, handler, running } = endpoint;
  port.sizes.refuseLarge(input, "input", command.id);
  const id = header.id ?? port.clock.uuid();
  const known = header.id === undefined ? { ...header, id } : header;
  if (!port.storage) return runWithoutDatabase(endpoint, input, known, signal);
  const key = keyOf(command, header, id);
  const name = `${key.scope} ${id}`;
  if (running.has(name)) throw stillRunning(key);
  running.add(name);
  try {
    const inputHash = header.inputHash ?? hashValue(input);
    const run: Invocation = {
      ...endpoint,
      storage: port.storage,
      input,
      inputHash,
      key,
      header: known,
      signal,
    };
    return typeof handler === "function" ? await inOnePhase(run, handler) : await inTwoPhases(run, handler);
  } finally {
    running.delete(name);
  }
}

async function inOnePhase(
  run: Invocation,
  handle: (input: any, context: any) => Promise<unknown>,
): Promise<unknown> {
  return conclude(run, () =>
    withTransaction(run, {
      open: (sql) => fresh(openRecord(run, sql, "open")),
      handle: (context) => handle(run.input, context),
    }),
  );
}

async function inTwoPhases(run: Invocation, phases: Phases): Promise<unknown> {
  const { journal, database } = run.storage;
  const intent = await transact(database, {
    clock: run.port.clock,
    deadlineAt: run.header.deadlineAt,
    onStatement: run.port.statements?.(run.header.traceparent),
    open: (sql) => fresh(openRecord(run, sql, "intent")),
    body: async () => undefined,
    close: () => {},
  });
  if (intent.repeated) {
    const record = await readRecord(run.storage, run.key, run.header.deadlineAt);
    // An intent was left by a process that died between the phases: go on with it.
    if (record?.state !== "intent" || record.inputHash !== run.inputHash)
      return outcomeOf(record, run.key, run.inputHash);
  }
  const before = new HandlerContext(run.port, run.command.id, run.header, run.signal);
  let prepared: unknown;
  try {
    prepared = await crashAround("prepare", () => phases.prepare(run.input, before));
  } finally {
    before.dispose();
  }
  return conclude(run, () =>
    withTransaction(run, {
      open: async (sql) => (await journal.readCommand(sql, run.key, true))?.state === "intent",
      opensByLock: true,
      handle: (context) => {
        context.prepared = prepared;
        return phases.handle(run.input, context);
      },
    }),
  );
}

function openRecord(run: Invocation, sql: Run, state: "open" | "intent"): Promise<unknown> {
  const { journal } = run.storage;
  return crashAround("command.record", () =>
    journal.openCommand(sql, run.key, run.inputHash, state, run.header.via === "saga"),
  );
}

function withTransaction(
  run: Invocation,
  parts: {
    open: (sql: Run) => Promise<boolean>;
    opensByLock?: boolean;
    handle: (context: HandlerContext) => Promise<unknown>;
  },
): Promise<Done<Carried>> {
  const { journal, database } = run.storage;
  return transact(database, {
    clock: run.port.clock,
    deadlineAt: run.header.deadlineAt,
    onStatement: run.port.statements?.(run.header.traceparent),
    isolation: run.command.isolation,
    ...(run.signal ? { signal: run.signal } : {}),
    open: parts.open,
    opensByLock: parts.opensByLock ?? false,
    body: async (tx) => {
      const effects = new Effects(run.port.effects, run.header);
      const context = new HandlerContext(run.port, run.command.id, run.header, run.signal);
      context.tx = tx;
      context.effects = effects;
      try {
        return { output: run.check(returned(context, await parts.handle(context))), effects };
      } finally {
        context.dispose();
      }
    },
    close: async (sql, { output, effects }) => {
      void journal.closeCommand(sql, run.key, "ok", output).catch(() => {});
      if (effects.any) await effects.flush(sql, journal);
    },
  });
}

/** Gives the outcome of an attempt, and records a declared error, which rolled everything back. */
async function conclude(run: Invocation, attempt: () => Promise<Done<Carried>>): Promise<unknown> {
  let done: Done<Carried>;
  try {
    done = await attempt();
  } catch (error) {
    if (!(error instanceof DeclaredError && error.member === run.command.id)) throw error;
    return recordFailure(run, error);
  }
  if (done.repeated) return recordedOutcome(run);
  const { output, effects } = done.result;
  if (effects.any) run.port.committed(effects.left);
  return output;
}

async function recordFailure(run: Invocation, error: DeclaredError): Promise<unknown> {
  const { journal, database } = run.storage;
  const twoPhase = typeof run.handler !== "function";
  const done = await transact(database, {
    clock: run.port.clock,
    deadlineAt: Math.max(run.header.deadlineAt, run.port.clock.now() + 1_000),
    onStatement: run.port.statements?.(run.header.traceparent),
    opensByLock: twoPhase,
    open: (sql) =>
      twoPhase
        ? journal.readCommand(sql, run.key, true).then((record) => record?.state === "intent")
        : fresh(openRecord(run, sql, "open")),
    body: async () => undefined,
    close: (sql) =>
      void journal
        .closeCommand(sql, run.key, "failed", { code: error.code, data: error.data })
        .catch(() => {}),
  });
  // Somebody else was first: what is recorded is what happened.
  if (done.repeated) return recordedOutcome(run);
  throw error;
}

async function recordedOutcome(run: Invocation): Promise<unknown> {
  crashpoint("command.repeated");
  const deadlineAt = Math.max(run.header.deadlineAt, run.port.clock.now() + 1_000);
  return outcomeOf(await readRecord(run.storage, run.key, deadlineAt), run.key, run.inputHash);
}

async function runWithoutDatabase(
  { port, command, handler, check }: CommandEndpoint,
  input: unknown,
  header: CallHeader,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (typeof handler !== "function")
    throw new StatusError("INTERNAL", `${command.id} has two phases, but its service has no database`);
  const context = new HandlerContext(port, command.id, header, signal);
  try {
    return check(returned(context, await handler(input, context)));
  } finally {
    context.dispose();
  }
}
