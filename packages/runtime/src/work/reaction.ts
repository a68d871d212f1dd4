import type { Actor, Phases } from "kerf";
import { HandlerContext } from "../service/context.ts";
import type { ServicePort } from "../service/port.ts";
import type { CallHeader } from "../transport/transport.ts";
import type { Run } from "../data/transaction.ts";
import { Effects } from "./effects.ts";
import { transact } from "./transact.ts";

/** Something that a service does by itself: it reacts to a message, or its time has come. */
export interface Reacting {
  readonly port: ServicePort;
  /** For logs and errors: `"on orders@1.placed"`, `"every 1m sweep"`. */
  readonly name: string;
  readonly id: string;
  readonly via: "message" | "schedule";
  readonly input: unknown;
  readonly run: ((...args: any[]) => Promise<void>) | Phases;
  readonly timeoutMs: number;
  readonly actor: Actor | undefined;
  readonly traceparent: string;
  readonly baggage?: string | undefined;
  readonly signal: AbortSignal;
  /** Inserts or locks the record; false where it was done before. */
  open(run: Run): Promise<boolean>;
  readonly opensByLock?: boolean;
  /** Writes more into the same transaction. */
  also?(run: Run): Promise<unknown> | void;
}

/** Runs it in one transaction, once. False where it was done before. */
export async function react(what: Reacting): Promise<boolean> {
  const { port } = what;
  const { database, journal } = port.storage!;
  const header: CallHeader = {
    id: what.id,
    deadlineAt: port.clock.now() + what.timeoutMs,
    caller: port.definition.name,
    actor: what.actor,
    via: what.via,
    traceparent: what.traceparent,
    retry: false,
    baggage: what.baggage,
  };
  let prepared: unknown;
  if (typeof what.run !== "function") {
    const { prepare } = what.run;
    if (!(await isFresh(what, header.deadlineAt))) return false;
    prepared = await inContext(what, header, (context) => prepare(what.input, context));
  }
  const done = await transact(database, {
    clock: port.clock,
    deadlineAt: header.deadlineAt,
    signal: what.signal,
    onStatement: port.statements?.(what.traceparent),
    open: (run) => what.open(run),
    opensByLock: what.opensByLock ?? false,
    body: async (tx) => {
      const effects = new Effects(port.effects, header);
      await inContext(what, header, (context) => {
        context.tx = tx;
        context.effects = effects;
        context.prepared = prepared;
        if (typeof what.run !== "function") return what.run.handle(what.input, context);
        return what.via === "schedule" ? what.run(context) : what.run(what.input, context);
      });
      return effects;
    },
    close: async (run, effects) => {
      void Promise.resolve(what.also?.(run)).catch(() => {});
      if (effects.any) await effects.flush(run, journal);
    },
  });
  if (done.repeated) return false;
  if (done.result.any) port.committed(done.result.left);
  return true;
}

/** Whether it is yet to be done: the outside world is not asked for what was done before, or is being done. */
async function isFresh(what: Reacting, deadlineAt: number): Promise<boolean> {
  const tx = what.port.storage!.database.open({ deadlineAt, signal: what.signal });
  try {
    return await what.open(tx.run);
  } finally {
    await tx.rollback();
  }
}

async function inContext<T>(
  what: Reacting,
  header: CallHeader,
  use: (context: HandlerContext) => Promise<T>,
): Promise<T> {
  const context = new HandlerContext(what.port, what.name, header, what.signal);
  try {
    return await use(context);
  } finally {
    context.dispose();
  }
}
