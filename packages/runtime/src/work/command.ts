import { DeclaredError, StatusError, type AnyCommand, type Phases } from "kerf";
import { randomUUID } from "node:crypto";
import type { Run } from "../data/transaction.ts";
import { hashValue } from "../journal/hash.ts";
import type { CommandKey, CommandRecord, CommandState } from "../journal/journal.ts";
import { HandlerContext } from "../service/context.ts";
import type { ServicePort, Storage } from "../service/port.ts";
import type { CallHeader } from "../transport/transport.ts";
import { Effects } from "./effects.ts";
import { returned } from "./query.ts";
import { fresh, transact, type Done } from "./transact.ts";

/** Checks and copies a reply; throws where it does not fit the contract. */
export type CheckOutput = (output: unknown) => unknown;

interface Invocation {
  readonly port: ServicePort;
  readonly storage: Storage;
  readonly command: AnyCommand;
  readonly handler: ((input: any, context: any) => Promise<unknown>) | Phases;
  readonly check: CheckOutput;
  readonly input: unknown;
  readonly inputHash: string;
  readonly key: CommandKey;
  readonly header: CallHeader;
  readonly signal: AbortSignal | undefined;
}

/** Commands that run in this process now: the same one again is told so instead of waiting for its lock. */
const running = new Set<string>();

/**
 * Carries out an order, once for its id: the record is inserted first and holds the outcome, which a repetition is
 * answered with. Declared errors are outcomes too.
 */
export async function runCommand(
  port: ServicePort,
  command: AnyCommand,
  handler: ((input: any, context: any) => Promise<unknown>) | Phases,
  check: CheckOutput,
  input: unknown,
  header: CallHeader,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (!port.storage) return runWithoutDatabase(port, command, handler, check, input, header, signal);
  const id = header.id ?? randomUUID();
  const key = { member: command.id, scope: scopeOf(header), id };
  const name = `${port.definition.name} ${key.member} ${key.scope} ${id}`;
  if (running.has(name)) throw stillRunning(key);
  running.add(name);
  try {
    const run: Invocation = {
      port,
      storage: port.storage,
      command,
      handler,
      check,
      input,
      inputHash: hashValue(input),
      key,
      header: header.id === undefined ? { ...header, id } : header,
      signal,
    };
    return typeof handler === "function" ? await inOnePhase(run, handler) : await inTwoPhases(run, handler);
  } finally {
    running.delete(name);
  }
}

/**
 * Settles what became of a command: its reply or declared error; where it never came, a tombstone is left that
 * refuses it from now on (NOT_FOUND). ABORTED while it is undecided.
 */
export async function settleCommand(
  port: ServicePort,
  command: AnyCommand,
  input: unknown,
  header: CallHeader,
): Promise<unknown> {
  const { journal, database } = port.storage ?? missingStorage(command);
  const key = { member: command.id, scope: scopeOf(header), id: header.id! };
  const inputHash = hashValue(input);
  const done = await transact(database, {
    deadlineAt: header.deadlineAt,
    open: (run) => fresh(journal.openCommand(run, key, inputHash, "open")),
    body: async () => undefined,
    close: (run) => void journal.closeCommand(run, key, "refused", null).catch(() => {}),
  });
  if (!done.repeated) throw neverCame(key);
  const record = await readRecord({ database, journal }, key, header.deadlineAt);
  if (record?.state === "refused") throw neverCame(key);
  return outcomeOf(record, key, undefined);
}

async function inOnePhase(
  run: Invocation,
  handle: (input: any, context: any) => Promise<unknown>,
): Promise<unknown> {
  const { journal } = run.storage;
  return conclude(run, () =>
    withTransaction(run, {
      open: (sql) => fresh(journal.openCommand(sql, run.key, run.inputHash, "open")),
      handle: (context) => handle(run.input, context),
    }),
  );
}

async function inTwoPhases(run: Invocation, phases: Phases): Promise<unknown> {
  const { journal, database } = run.storage;
  const intent = await transact(database, {
    deadlineAt: run.header.deadlineAt,
    open: (sql) => fresh(journal.openCommand(sql, run.key, run.inputHash, "intent")),
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
    prepared = await phases.prepare(run.input, before);
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

function withTransaction(
  run: Invocation,
  parts: {
    open: (sql: Run) => Promise<boolean>;
    opensByLock?: boolean;
    handle: (context: HandlerContext) => Promise<unknown>;
  },
): Promise<Done<{ output: unknown; effects: Effects }>> {
  const { journal, database } = run.storage;
  return transact(database, {
    deadlineAt: run.header.deadlineAt,
    isolation: run.command.isolation,
    ...(run.signal ? { signal: run.signal } : {}),
    open: parts.open,
    opensByLock: parts.opensByLock ?? false,
    body: async (tx) => {
      const effects = new Effects(run.port.effects, run.header.actor, run.header.traceparent);
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
async function conclude(
  run: Invocation,
  attempt: () => Promise<Done<{ output: unknown; effects: Effects }>>,
): Promise<unknown> {
  try {
    const done = await attempt();
    if (done.repeated)
      return outcomeOf(await readRecord(run.storage, run.key, run.header.deadlineAt), run.key, run.inputHash);
    const { output, effects } = done.result;
    if (effects.any) run.port.committed({ messages: effects.messages.length > 0, sagas: effects.sagas });
    return output;
  } catch (error) {
    if (!(error instanceof DeclaredError && error.member === run.command.id)) throw error;
    return recordFailure(run, error);
  }
}

async function recordFailure(run: Invocation, error: DeclaredError): Promise<never> {
  const { journal, database } = run.storage;
  const twoPhase = typeof run.handler !== "function";
  const done = await transact(database, {
    deadlineAt: Math.max(run.header.deadlineAt, Date.now() + 1_000),
    opensByLock: twoPhase,
    open: (sql) =>
      twoPhase
        ? journal.readCommand(sql, run.key, true).then((record) => record?.state === "intent")
        : fresh(journal.openCommand(sql, run.key, run.inputHash, "open")),
    body: async () => undefined,
    close: (sql) =>
      void journal
        .closeCommand(sql, run.key, "failed", { code: error.code, data: error.data })
        .catch(() => {}),
  });
  // Somebody else was first: what is recorded is what happened.
  if (done.repeated)
    return outcomeOf(
      await readRecord(run.storage, run.key, run.header.deadlineAt),
      run.key,
      run.inputHash,
    ) as never;
  throw error;
}

async function readRecord(
  storage: Storage,
  key: CommandKey,
  deadlineAt: number,
): Promise<CommandRecord | undefined> {
  const tx = storage.database.open({ readOnly: true, deadlineAt });
  try {
    const record = await storage.journal.readCommand(tx.run, key);
    await tx.commit();
    return record;
  } catch (error) {
    await tx.rollback();
    throw error;
  }
}

function outcomeOf(
  record: CommandRecord | undefined,
  key: CommandKey,
  inputHash: string | undefined,
): unknown {
  if (!record) throw stillRunning(key);
  if (inputHash !== undefined && record.inputHash !== inputHash) {
    throw new StatusError(
      "FAILED_PRECONDITION",
      `${key.member} "${key.id}" was given before with another input; use another id`,
    );
  }
  const states: Record<CommandState, () => unknown> = {
    ok: () => record.outcome,
    failed: () => {
      const { code, data } = record.outcome as { code: string; data: unknown };
      throw new DeclaredError(key.member, code, data);
    },
    refused: () => {
      throw new StatusError("FAILED_PRECONDITION", `${key.member} "${key.id}" was taken back before it came`);
    },
    open: () => {
      throw stillRunning(key);
    },
    intent: () => {
      throw stillRunning(key);
    },
  };
  return states[record.state]();
}

async function runWithoutDatabase(
  port: ServicePort,
  command: AnyCommand,
  handler: ((input: any, context: any) => Promise<unknown>) | Phases,
  check: CheckOutput,
  input: unknown,
  header: CallHeader,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (typeof handler !== "function")
    throw new StatusError("INTERNAL", `${command.id} has two phases, but its service has no database`);
  const context = new HandlerContext(
    port,
    command.id,
    header.id === undefined ? { ...header, id: randomUUID() } : header,
    signal,
  );
  try {
    return check(returned(context, await handler(input, context)));
  } finally {
    context.dispose();
  }
}

/** Whose ids these are: the person's at the edge, the calling service's inside. */
function scopeOf(header: CallHeader): string {
  return header.caller === undefined ? `edge:${header.actor?.id ?? ""}` : header.caller;
}

function stillRunning(key: CommandKey): StatusError {
  return new StatusError("ABORTED", `${key.member} "${key.id}" is still running; ask again with the same id`);
}

function neverCame(key: CommandKey): StatusError {
  return new StatusError("NOT_FOUND", `${key.member} "${key.id}" never came, and is refused from now on`);
}

function missingStorage(command: AnyCommand): never {
  throw new StatusError(
    "UNIMPLEMENTED",
    `${command.id} belongs to a service without a database: nothing remembers what became of it`,
  );
}
