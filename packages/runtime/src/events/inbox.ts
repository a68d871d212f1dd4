import {
  contractIdOf,
  contractsServed,
  DeclaredError,
  describe,
  StatusError,
  typesOf,
  type AnyEvent,
  type Phases,
  type Reaction,
  type SagaFacts,
} from "kerf";
import type { Endpoint } from "../call/dispatch.ts";
import { childOf, contextOf } from "../call/trace.ts";
import { crashAround, crashpoint } from "../crashpoint/crashpoint.ts";
import type { Run } from "../data/transaction.ts";
import type { OutboxMessage } from "../journal/journal.ts";
import type { HandlerContext } from "../service/context.ts";
import type { ServicePort } from "../service/port.ts";
import type { CallHeader, Dispatch } from "../transport/transport.ts";
import { during } from "../telemetry/during.ts";
import { delivering } from "../telemetry/messages.ts";
import { react } from "../work/reaction.ts";
import { fresh } from "../work/transact.ts";
import { withoutEffects } from "../work/without-effects.ts";
import { decodeEnvelope, type Envelope } from "./envelope.ts";
import { refusalOf } from "./refusal.ts";
import { eventReader, NotForThisReplica, orderReader, type EventReader } from "./read-event.ts";

/** What a reaction may take. */
const reactionMs = 30_000;

interface Subscriber {
  /** Its name and version of today. */
  readonly event: string;
  readonly version: number;
  readonly read: EventReader;
  readonly run: ((...args: any[]) => Promise<void>) | Phases | undefined;
  readonly replayable: boolean;
  /** Sagas that may wait for it, with the field that holds their id. */
  readonly waits: readonly { readonly saga: string; readonly correlate: string }[];
}

/** Handles one message of a service, in effect once: reactions, mail for sagas, and ordered commands. */
export class Inbox {
  readonly #subscribers = new Map<string, Subscriber>();
  readonly #orders = new Map<string, ReturnType<typeof orderReader>>();
  readonly #port: ServicePort;
  readonly #dispatch: Dispatch;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  #repeated = 0;

  constructor(
    port: ServicePort,
    sagas: readonly SagaFacts[],
    dispatch: Dispatch,
    endpoints: ReadonlyMap<string, Endpoint>,
  ) {
    this.#port = port;
    this.#dispatch = dispatch;
    this.#endpoints = endpoints;
    const events = new Map<string, AnyEvent>(port.definition.react.map((r) => [r.event.id, r.event]));
    for (const saga of sagas) for (const { event } of saga.waits) events.set(event.id, event);
    for (const contract of contractsServed(port.definition))
      for (const member of describe(contract).members.values())
        if (member.kind === "command") this.#orders.set(member.id, orderReader(member));
    for (const [id, event] of events) {
      const reaction = port.definition.react.find((r) => r.event.id === id);
      const subscriber: Subscriber = {
        event: id,
        version: event.version,
        read: eventReader(event),
        run: reaction && runOf(reaction),
        replayable: reaction?.replayable !== undefined,
        waits: sagas.flatMap((saga) =>
          saga.waits
            .filter((w) => w.event.id === id)
            .map((w) => ({ saga: saga.name, correlate: w.correlate })),
        ),
      };
      for (const type of typesOf(event)) this.#subscribers.set(type, subscriber);
    }
  }

  /** The types of messages that it handles. */
  get types(): readonly string[] {
    return [...this.#subscribers.keys(), ...this.#orders.keys()];
  }

  /** Events that came again and were known. */
  get repeated(): number {
    return this.#repeated;
  }

  /** The contracts whose events it hears. */
  get channels(): readonly string[] {
    return [...new Set([...this.#subscribers.keys()].map(contractIdOf))];
  }

  /**
   * `also` writes into the same transaction; `others` are the types that other replicas handle. Resolves once handled, now
   * or before; throws where it must come again.
   */
  async handle(message: OutboxMessage, signal: AbortSignal, handling: Handling = {}): Promise<void> {
    const { also, others, attempt = 1 } = handling;
    // The broker's id is the one that stays the same when a message is published again.
    const envelope = { ...decodeEnvelope(message.body), id: message.id };
    const subscriber = this.#subscribers.get(envelope.type);
    if (!subscriber && !this.#orders.has(envelope.type) && others?.has(envelope.type))
      throw new NotForThisReplica(`only a newer replica of this service handles ${envelope.type}`);
    const isOrder = message.channel.endsWith("!commands");
    if (!isOrder && !subscriber) return also && this.#write(also);
    const { telemetry, definition } = this.#port;
    const handle = (traceparent: string): Promise<unknown> =>
      isOrder
        ? this.#order(envelope, traceparent, signal, also)
        : this.#event(envelope, subscriber!, traceparent, signal, also);
    if (!telemetry) return void (await handle(childOf(envelope.traceparent)));
    const { type, id, key } = envelope;
    const bytes = Buffer.byteLength(message.body);
    const cause = contextOf(envelope.traceparent) ?? telemetry.root();
    const about = { service: definition.name, type, id, key, bytes, cause, attempt };
    await during(telemetry, delivering, about, cause, handle, envelope.baggage);
  }

  async #event(
    envelope: Envelope,
    subscriber: Subscriber,
    traceparent: string,
    signal: AbortSignal,
    also: Handling["also"],
  ): Promise<void> {
    const data = subscriber.read(envelope);
    const { journal } = this.#port.storage!;
    const open = subscriber.replayable ? journal.openReplayable : journal.openInbox;
    const mail = (run: Run): Promise<unknown>[] =>
      subscriber.waits.map(({ saga, correlate }) =>
        journal.deliverMail(run, saga, String(data[correlate]), {
          event: subscriber.event,
          messageId: envelope.id,
          version: subscriber.version,
          data,
        }),
      );
    const done = await react({
      port: this.#port,
      name: `on ${envelope.type}`,
      id: envelope.id,
      via: "message",
      input: data,
      run: subscriber.run ?? (async () => {}),
      timeoutMs: reactionMs,
      actor: envelope.actor,
      traceparent,
      baggage: envelope.baggage,
      signal,
      open: (run) => fresh(crashAround("inbox.insert", () => open(run, envelope.type, envelope.id))),
      also: async (run) => {
        await Promise.all([...mail(run), also?.(run)]);
      },
    });
    // A replay that was ahead has handled it without the mail, of which a repetition does nothing.
    if (!done && subscriber.replayable && subscriber.waits.length > 0)
      await this.#write((run) => Promise.all(mail(run)));
    if (done && subscriber.waits.length > 0) this.#port.committed({ messages: false, sagas: [], mail: true });
    if (!done) {
      this.#repeated += 1;
      crashpoint("delivery.repeated");
    }
    if (!done && also) await this.#write(also);
  }

  /** A command that was sent. A declared error is final: it is in the command's record. */
  async #order(
    envelope: Envelope,
    traceparent: string,
    signal: AbortSignal,
    also: Handling["also"],
  ): Promise<void> {
    if (!this.#endpoints.has(envelope.type)) throw new Error(`there is no command ${envelope.type}`);
    try {
      const order = this.#orders.get(envelope.type)?.(envelope);
      // Field by field, in the order of calls: to take an order apart costs more than all of this.
      const header = {
        id: envelope.id,
        deadlineAt: this.#port.clock.now() + reactionMs,
        caller: envelope.source,
        actor: envelope.actor,
        via: "message",
        traceparent,
        retry: false,
      } satisfies CallHeader;
      const { baggage } = envelope;
      const inputHash = order?.inputHash;
      const sent =
        baggage === undefined && inputHash === undefined ? header : { ...header, baggage, inputHash };
      const input = order === undefined ? envelope.data : order.input;
      await this.#dispatch({ member: envelope.type, input, header: sent }, signal);
    } catch (error) {
      if (!(error instanceof DeclaredError)) throw error;
      this.#port.log.info(
        { member: envelope.type, code: error.code },
        `${envelope.type}, sent by ${envelope.source}, was refused: ${error.code}`,
      );
      const refusal = refusalOf(envelope, error, this.#port.clock.now());
      if (refusal) return this.#tell(refusal, also);
    }
    if (also) await this.#write(also);
  }

  /** A death before it leaves has the order come again, and be refused again: with the same id. */
  async #tell(refusal: OutboxMessage, also: Handling["also"]): Promise<void> {
    await this.#write(async (run) => {
      await also?.(run);
      await this.#port.storage!.journal.appendOutbox(run, [refusal]);
    });
    this.#port.committed({ messages: true, sagas: [] });
  }

  async #write(also: (run: Run) => Promise<unknown>): Promise<void> {
    const { clock, storage } = this.#port;
    const tx = storage!.database.open({ deadlineAt: clock.now() + 10_000 });
    try {
      await also(tx.run);
      await tx.commit();
    } catch (error) {
      await tx.rollback();
      throw error;
    }
  }
}

/** How a message is handled beside its own effect. */
export interface Handling {
  readonly also?: ((run: Run) => Promise<unknown>) | undefined;
  readonly others?: ReadonlySet<string> | undefined;
  /** Which try this is, from 1. */
  readonly attempt?: number;
}

/** What a replayable reaction may not do in a replay, it may not do at all: so that it shows at once. */
function runOf({ event, run, replayable }: Reaction<any>): Subscriber["run"] {
  if (!replayable || typeof run !== "function") return run;
  return (data, context: HandlerContext) => run(data, withoutEffects(context, `on ${event.id}`));
}

/** What a message failed with, as text that PostgreSQL can keep. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll("\0", "").slice(0, 2_000);
}

/** Whether the service's own database was out of reach: such a failure uses up no tries. */
export function outOfReach(error: unknown): boolean {
  const kind = (error as { kind?: string; name?: string } | undefined)?.kind;
  if ((error as Error | undefined)?.name === "DatabaseError")
    return (
      kind === "unavailable" || kind === "connection-lost" || kind === "commit-unknown" || kind === "aborted"
    );
  return (
    error instanceof StatusError &&
    error.code === "UNAVAILABLE" &&
    error.cause !== undefined &&
    outOfReach(error.cause)
  );
}
