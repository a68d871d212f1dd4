import {
  sagaFacts,
  serviceNameOf,
  type AnyCommand,
  type AnyEvent,
  type AnyQuery,
  type AnySaga,
  type Log,
} from "kerf";
import { processClock } from "../clock/process-clock.ts";
import { memoryDatabase } from "../data/memory/database.ts";
import { MemoryStore } from "../data/memory/store.ts";
import type { Run } from "../data/transaction.ts";
import { hashValue } from "../journal/hash.ts";
import type { MailItem, SagaError, SagaJournal, SagaState, StepRecord } from "../journal/journal.ts";
import { memoryJournal } from "../journal/memory.ts";
import type { ServicePort } from "../service/port.ts";
import { compileValidator } from "../validate/index.ts";
import { SagaRun } from "./run.ts";
import { sagaLimits } from "./step-policy.ts";

/** What one saga has done, as JSON: kept beside the code, it tells later whether the code would still do so. */
export interface SagaHistory {
  readonly saga: string;
  readonly version: number;
  readonly id: string;
  readonly input: unknown;
  readonly state: SagaState;
  readonly error?: SagaError;
  readonly steps: readonly StepRecord[];
  readonly mail: readonly MailItem[];
}

export type HistoryEnd =
  | { readonly state: "same" }
  /** `reason` says where the code does something else. */
  | { readonly state: "diverged"; readonly reason: string };

/** The history of one saga from its records; undefined where there are none. */
export async function readHistory(
  run: Run,
  journal: SagaJournal,
  saga: string,
  id: string,
): Promise<SagaHistory | undefined> {
  const record = await journal.readSaga(run, saga, id);
  if (!record) return undefined;
  const [steps, { items }] = [await journal.readSteps(run, saga, id), await journal.readMail(run, saga, id)];
  const { version, input, state, error } = record;
  return { saga, version, id, input, state, ...(error && { error }), steps, mail: items };
}

/**
 * Runs the code of a saga along its history, as a resumption does, and calls nobody: every step is answered from the
 * record. A saga that had ended must come to the same end without another step; one that had not must come to all that is
 * recorded, and may then go on.
 */
export async function replayHistory(saga: AnySaga, history: SagaHistory): Promise<HistoryEnd> {
  const facts = sagaFacts(saga);
  if (history.saga !== facts.name)
    return {
      state: "diverged",
      reason: `it is a history of the saga "${history.saga}", not of "${facts.name}"`,
    };
  const ended = history.state === "done" || history.state === "refused";
  const worker = processClock.uuid();
  let said = "";
  const called = Promise.withResolvers<string>();
  const port = portOf(
    history,
    (text) => (said = text),
    (member) => called.resolve(member.id),
  );
  const record = await store(port, worker, history);
  const draining = new AbortController();
  const live = new SagaRun(
    { port, facts, worker, limits: sagaLimits, draining: draining.signal, due: () => {} },
    record,
    history.steps,
  );
  const ending = live.execute().then((end) => ({ end, called: undefined }));
  const first = await Promise.race([
    ending,
    called.promise.then((member) => ({ end: undefined, called: member })),
  ]);
  // Other branches come to what is recorded of them.
  for (let turns = 0; turns < 20 && first.called !== undefined; turns++) await processClock.turn();
  draining.abort();
  if (first.end === "parked") return { state: "diverged", reason: said };
  if (first.called !== undefined && (ended || live.unreached.length > 0)) {
    const before = ended ? "and it had ended" : `before its recorded step "${live.unreached[0]}"`;
    return { state: "diverged", reason: `it calls ${first.called}, which is not recorded, ${before}` };
  }
  if (ended && first.end !== history.state)
    return { state: "diverged", reason: `it is ${first.end} now, and was ${history.state}` };
  return { state: "same" };
}

/** What a saga runs on, with nobody to call. */
function portOf(
  { saga }: SagaHistory,
  said: (reason: string) => void,
  called: (member: AnyQuery | AnyCommand) => void,
): ServicePort {
  const nothing = (): void => {};
  const log = {
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (fields: unknown) => said(String((fields as { readonly reason?: unknown }).reason)),
    child: () => log,
  } as unknown as Log & { child(fields: object): Log };
  const clock = processClock;
  return {
    definition: { name: serviceNameOf(`${saga}@1`) } as ServicePort["definition"],
    storage: { database: memoryDatabase(new MemoryStore(clock), { clock }), journal: memoryJournal },
    clock,
    log,
    outbound: (member: AnyQuery | AnyCommand) => {
      called(member);
      return new Promise(() => {});
    },
    validatorOf: (of: AnyEvent | AnyQuery | AnyCommand | AnySaga) =>
      compileValidator("kind" in of ? (of.kind === "event" ? of.data : of.input) : sagaFacts(of).input, {
        unknownFields: "drop",
        enums: "exact",
      }),
    strict: true,
    committed: nothing,
  } as unknown as ServicePort;
}

async function store(port: ServicePort, worker: string, history: SagaHistory) {
  const { database, journal } = port.storage!;
  const { saga: name, id, version, input, error } = history;
  const started = {
    name,
    id,
    version,
    input,
    inputHash: hashValue(input),
    actor: undefined,
    traceparent: "",
  };
  const undoing = history.state === "refused" || history.state === "undoing";
  const state = undoing ? ("undoing" as const) : ("running" as const);
  const tx = database.open({ deadlineAt: port.clock.now() + 10_000 });
  await journal.openSagas(tx.run, worker, [started]);
  for (const item of history.mail) await journal.deliverMail(tx.run, name, id, item);
  await journal.recordSaga(tx.run, worker, name, id, history.steps, {
    state,
    durable: true,
    ...(error && { error }),
  });
  await tx.commit();
  return { ...started, state, error };
}
