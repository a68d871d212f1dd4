import { contractIdOf } from "kerf";
import type { Delivered } from "../../broker/broker.ts";
import { childOf } from "../../call/trace.ts";
import { DatabaseError } from "../../data/errors.ts";
import type { Transaction } from "../../data/transaction.ts";
import type { ReplayJournal, ReplayLane, ReplayRecord } from "../../journal/replay-journal.ts";
import { HandlerContext } from "../../service/context.ts";
import type { ServicePort } from "../../service/port.ts";
import { withoutEffects } from "../../work/without-effects.ts";
import { decodeEnvelope, type Envelope } from "../envelope.ts";
import { reasonOf } from "../inbox.ts";
import { eventReader, type EventReader } from "../read-event.ts";
import { ReplayError } from "./errors.ts";
import type { ReplayPlan } from "./plan.ts";

/** Somebody else goes on with the replay, or has ended it. */
export class ReplayLost extends Error {
  override readonly name = "ReplayLost";
}

/** Hands messages of a lane to the reactions of a replay, within one transaction. */
export class HandOver {
  readonly #port: ServicePort;
  readonly #journal: ReplayJournal;
  readonly #replay: ReplayRecord;
  readonly #plan: ReplayPlan;
  readonly #readers: ReadonlyMap<string, EventReader>;
  readonly #signal: AbortSignal;

  constructor(
    port: ServicePort,
    journal: ReplayJournal,
    replay: ReplayRecord,
    plan: ReplayPlan,
    signal: AbortSignal,
  ) {
    this.#port = port;
    this.#journal = journal;
    this.#replay = replay;
    this.#plan = plan;
    this.#signal = signal;
    this.#readers = new Map(
      [...plan.reactions].map(([type, reaction]) => [type, eventReader(reaction.event)]),
    );
  }

  /**
   * Handles them in order and moves the lane on; gives how many a reaction was given. Nothing of it is committed here.
   * @throws ReplayError where a reaction fails; ReplayLost where the lane was moved by somebody else
   */
  async handle(tx: Transaction, lane: ReplayLane, messages: readonly Delivered[]): Promise<number> {
    const next = messages.at(-1)!.offset + 1;
    const wanted = messages
      .map((message) => ({ ...decodeEnvelope(message.body), id: message.id }))
      .filter((envelope) => this.#plan.reactions.has(envelope.type));
    const open = await this.#journal.openReplayed(tx.run, this.#replay.id, lane.channel, wanted);
    const fresh = wanted.filter(({ id }, i) => open.has(id) && wanted.findIndex((w) => w.id === id) === i);
    if (!(await this.#journal.advance(tx.run, this.#replay.id, lane, next, fresh.length)))
      throw new ReplayLost();
    if (fresh.length === 0) return 0;
    await this.#journal.enterCopies(tx.run);
    for (const envelope of fresh) await this.#react(tx, envelope);
    const stray = await this.#journal.strayWrites(tx.run);
    if (stray.length > 0) {
      throw new ReplayError(
        `A replayed reaction of ${this.#port.definition.name} wrote to ${stray.join(", ")}, which is not among the tables that are built anew (${this.#plan.tables.join(", ")})`,
        "name that table too, or leave it alone; and write table names without a schema. Nothing of it was kept",
      );
    }
    return fresh.length;
  }

  async #react(tx: Transaction, envelope: Envelope): Promise<void> {
    const port = this.#port;
    const reaction = this.#plan.reactions.get(envelope.type)!;
    const name = `on ${envelope.type}`;
    const header = {
      id: envelope.id,
      deadlineAt: port.clock.now() + 30_000,
      caller: port.definition.name,
      actor: envelope.actor,
      via: "message" as const,
      traceparent: childOf(envelope.traceparent),
      retry: false,
    };
    const context = new HandlerContext(port, name, header, this.#signal);
    context.tx = tx;
    try {
      const data = this.#readers.get(envelope.type)!(envelope);
      const run = reaction.run as (data: unknown, context: unknown) => Promise<void>;
      await run(data, withoutEffects(context, name));
    } catch (error) {
      if (this.#signal.aborted || passes(error)) throw error;
      throw new ReplayError(
        `The reaction of ${port.definition.name} to ${envelope.type} fails on the event ${envelope.id} (key "${envelope.key}", of ${envelope.time}): ${reasonOf(error)}`,
        "correct it and replay again: it goes on from here. The live tables are as they were",
        { cause: error },
      );
    } finally {
      context.dispose();
    }
  }
}

/** Whether trying again may help: the database was away, or two transactions were in each other's way. */
export function passes(error: unknown): boolean {
  return error instanceof DatabaseError && error.kind !== "statement" && error.kind !== "unique";
}

/** The channels whose logs have these events. */
export function channelsOf(events: Iterable<string>): readonly string[] {
  return [...new Set([...events].map(contractIdOf))].toSorted();
}
