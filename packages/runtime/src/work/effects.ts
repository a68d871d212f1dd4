import {
  sagaFacts,
  serviceNameOf,
  contractIdOf,
  type Actor,
  type AnyCommand,
  type AnyEvent,
  type AnySaga,
  type SendOptions,
} from "kerf";
import { StatusError } from "kerf";
import type { SendBaggage } from "../call/baggage.ts";
import type { Stated } from "../cache/index.ts";
import type { Clock } from "../clock/clock.ts";
import { crashAround } from "../crashpoint/crashpoint.ts";
import type { Run } from "../data/transaction.ts";
import { hashValue } from "../journal/hash.ts";
import type { Journal, NewSaga, OutboxMessage } from "../journal/journal.ts";
import type { Validator } from "../validate/index.ts";
import type { OlderEvent } from "../service/older-events.ts";
import type { CallHeader } from "../transport/transport.ts";
import { commandChannel, encodeEnvelope, type Envelope } from "../events/envelope.ts";

/** What an effect needs to know of the service it comes from. */
export interface EffectSource {
  readonly clock: Clock;
  readonly service: string;
  readonly uses: ReadonlySet<string>;
  readonly sagas: ReadonlySet<string>;
  readonly worker: string | undefined;
  readonly validator: (schemaOf: AnyEvent | AnyCommand | AnySaga) => Validator;
  /** Of older versions of its contract: what is stated with an event, by the id of that. */
  readonly older: ReadonlyMap<string, readonly OlderEvent[]>;
  readonly baggage: SendBaggage;
  /** Whether facts of a type make cached answers old. */
  readonly watches?: ((type: string) => boolean) | undefined;
}

/** Who hears of a refusal. */
export interface Telling {
  readonly onRefused?: AnyCommand;
}

interface Left {
  readonly messages: boolean;
  readonly sagas: readonly NewSaga[];
  readonly facts: readonly Stated[];
}

/** What a handler stated, ordered and started: buffered, and written just before the commit. */
export class Effects {
  readonly messages: OutboxMessage[] = [];
  readonly sagas: NewSaga[] = [];
  readonly #facts: Stated[] = [];
  /** Those of `sagas` that the last flush found to be new. */
  #started: readonly NewSaga[] = [];
  readonly #source: EffectSource;
  readonly #actor: Actor | undefined;
  readonly #traceparent: string;
  readonly #baggage: string | undefined;

  constructor(
    source: EffectSource,
    { actor, traceparent, baggage }: Pick<CallHeader, "actor" | "traceparent" | "baggage">,
  ) {
    this.#source = source;
    this.#actor = actor;
    this.#traceparent = traceparent;
    this.#baggage = baggage;
  }

  emit(event: AnyEvent, given: unknown): void {
    if (serviceNameOf(event.id) !== this.#source.service) {
      throw new StatusError(
        "INTERNAL",
        `${this.#source.service} cannot emit ${event.id}: a service states its own facts only`,
      );
    }
    const data = this.#checked(event, given, `emit(${event.id})`) as Record<string, unknown>;
    const key = String(data[event.key]);
    this.#append(contractIdOf(event.id), key, this.#source.clock.uuid(), event, data);
    for (const older of this.#source.older.get(event.id) ?? []) this.#emitOlder(older, data);
  }

  /** Those who know the old version only are told of it too. */
  #emitOlder({ event, data: map }: OlderEvent, current: unknown): void {
    const given = map ? map(current) : current;
    if (given === undefined) return;
    const data = this.#checked(event, given, `emit(${event.id})`) as Record<string, unknown>;
    this.#append(contractIdOf(event.id), String(data[event.key]), this.#source.clock.uuid(), event, data);
  }

  send(command: AnyCommand, given: unknown, options: SendOptions & Telling = {}): void {
    if (!this.#source.uses.has(contractIdOf(command.id))) {
      throw new StatusError(
        "PERMISSION_DENIED",
        `${this.#source.service} cannot send ${command.id}: its contract is not in uses`,
      );
    }
    const { onRefused } = options;
    if (onRefused && serviceNameOf(onRefused.id) !== this.#source.service) {
      throw new StatusError(
        "INTERNAL",
        `${onRefused.id} cannot be told of a refusal by ${this.#source.service}: name a command of its own`,
      );
    }
    const id = options.id ?? this.#source.clock.uuid();
    this.#append(
      commandChannel(contractIdOf(command.id)),
      options.key ?? id,
      id,
      command,
      this.#checked(command, given, `send(${command.id})`),
      onRefused && { onRefused: { type: onRefused.id, version: onRefused.version } },
    );
  }

  start(saga: AnySaga, given: unknown, options: { readonly id: string }): void {
    const { name, version } = sagaFacts(saga);
    if (!this.#source.sagas.has(name)) {
      throw new StatusError(
        "INTERNAL",
        `${this.#source.service} cannot start the saga ${name}: list it under sagas of the service`,
      );
    }
    const input = this.#checked(saga, given, `start(${name})`);
    this.sagas.push({
      name,
      id: options.id,
      version,
      input,
      inputHash: hashValue(input),
      actor: this.#actor,
      traceparent: this.#traceparent,
      baggage: this.#source.baggage(this.#baggage),
    });
  }

  get any(): boolean {
    return this.messages.length + this.sagas.length > 0;
  }

  /** What there is to be done once they are committed. */
  get left(): Left {
    return { messages: this.messages.length > 0, sagas: this.#started, facts: this.#facts };
  }

  /** Writes them. Lanes are locked here, as late as can be. */
  async flush(run: Run, journal: Journal): Promise<void> {
    if (this.sagas.length > 0) this.#started = await journal.openSagas(run, this.#source.worker, this.sagas);
    if (this.messages.length > 0)
      void crashAround("outbox.insert", () => journal.appendOutbox(run, this.messages)).catch(() => {});
  }

  #append(
    channel: string,
    key: string,
    id: string,
    { id: type, version }: AnyEvent | AnyCommand,
    data: unknown,
    more?: Pick<Envelope, "onRefused">,
  ): void {
    const body = encodeEnvelope({
      ...more,
      id,
      type,
      version,
      source: this.#source.service,
      time: new Date(this.#source.clock.now()).toISOString(),
      key,
      traceparent: this.#traceparent,
      baggage: this.#source.baggage(this.#baggage),
      actor: this.#actor,
      data,
    });
    this.messages.push({ channel, key, id, body });
    if (this.#source.watches?.(type)) this.#facts.push({ id, type, data });
  }

  #checked(of: AnyEvent | AnyCommand | AnySaga, given: unknown, what: string): unknown {
    const checked = this.#source.validator(of)(given);
    if (checked.ok) return checked.value;
    throw new StatusError(
      "INTERNAL",
      `${what} was given data that does not fit: ${checked.violations.map((v) => `${v.path} ${v.message}`).join(", ")}`,
    );
  }
}
