import {
  DeclaredError,
  StatusError,
  type Actor,
  type AnyCommand,
  type AnyEvent,
  type AnyQuery,
  type AnySaga,
  type CallOptions,
  type Caller,
  type Gather,
  type Log,
  type SendOptions,
  type Sql,
  type Via,
} from "kerf";
import { deadlineSignal } from "../call/deadline.ts";
import { gather } from "../call/gather.ts";
import { traceFields } from "../call/trace.ts";
import { crashableSql } from "../crashpoint/crashpoint.ts";
import type { Transaction } from "../data/transaction.ts";
import type { CallHeader } from "../transport/transport.ts";
import type { Effects, Telling } from "../work/effects.ts";
import type { ServicePort } from "./port.ts";

/** What a call may take where nobody said less. */
const callTimeoutMs = 2_000;

/**
 * What a handler is given. Parts that cost something are made when they are asked for: most handlers use three of
 * them, and this object stands on the path of every local call.
 */
export class HandlerContext {
  readonly #port: ServicePort;
  readonly #member: string;
  readonly #header: CallHeader;
  readonly #incoming: AbortSignal | undefined;
  #own: { signal: AbortSignal; dispose: () => void } | undefined;
  /** The transaction, while a handler has one. */
  tx: Transaction | undefined;
  effects: Effects | undefined;
  prepared: unknown;
  /** A declared error that was made: a handler that then returns has forgotten to throw it. */
  made: DeclaredError | undefined;
  /** A part of the answer was left out. */
  incomplete = false;
  /** The member whose errors the handler makes, where that is another: it serves an older version too. */
  failsAs: string | undefined;

  constructor(port: ServicePort, member: string, header: CallHeader, incoming: AbortSignal | undefined) {
    this.#port = port;
    this.#member = member;
    this.#header = header;
    this.#incoming = incoming;
  }

  get settings(): unknown {
    return this.#port.settings;
  }

  get id(): string | undefined {
    return this.#header.id;
  }

  get caller(): Caller {
    return { service: this.#header.caller };
  }

  get actor(): Actor | undefined {
    return this.#header.actor;
  }

  get via(): Via {
    return this.#header.via;
  }

  get signal(): AbortSignal {
    this.#own ??= deadlineSignal(this.#port.clock, this.#header.deadlineAt, this.#incoming);
    return this.#own.signal;
  }

  get log(): Log {
    return this.#port.log.child({ member: this.#member, ...traceFields(this.#header.traceparent) });
  }

  get sql(): Sql | undefined {
    return this.tx && crashableSql(this.tx.sql);
  }

  get fail(): (code: string, data: unknown) => DeclaredError {
    return (code, data) => (this.made = new DeclaredError(this.failsAs ?? this.#member, code, data));
  }

  get call(): (member: AnyQuery | AnyCommand, input: unknown, options?: CallOptions) => Promise<unknown> {
    return (member, input, options = {}) => {
      if (this.tx?.begun) {
        const message = `${this.#member} calls ${member.id} while its transaction is open: that holds locks over the network. Call before the first sql`;
        if (this.#port.strict) throw new StatusError("INTERNAL", message);
        this.log.warn(message);
      }
      const now = this.#port.clock.now();
      const header: CallHeader = {
        id: member.kind === "command" ? (options.id ?? this.#derivedId(member)) : undefined,
        deadlineAt: Math.min(this.#header.deadlineAt, now + (options.timeoutMs ?? callTimeoutMs)),
        caller: this.#port.definition.name,
        actor: this.#header.actor,
        via: "call",
        traceparent: this.#header.traceparent,
        retry: this.#header.retry,
      };
      const { release } = this.#header;
      const baggage = this.#port.baggage(this.#header.baggage);
      const sent = release === undefined && baggage === undefined ? header : { ...header, release, baggage };
      return this.#port.outbound(member, input, sent, options.signal ?? this.#incoming, now);
    };
  }

  get gather(): Gather {
    return (parts) =>
      gather(parts, {
        clock: this.#port.clock,
        member: this.#member,
        deadlineAt: this.#header.deadlineAt,
        incoming: this.#incoming,
        timeoutMs: callTimeoutMs,
        leftOut: {
          report: (...told) => {
            this.incomplete = true;
            this.#port.leftOut.report(...told);
          },
        },
        log: () => this.log,
      }) as never;
  }

  get emit(): (event: AnyEvent, data: unknown) => void {
    return (event, data) => this.effects!.emit(event, data);
  }

  get send(): (command: AnyCommand, input: unknown, options?: SendOptions & Telling) => void {
    return (command, input, options) => this.effects!.send(command, input, options);
  }

  get start(): (saga: AnySaga, input: unknown, options: { readonly id: string }) => void {
    return (saga, input, options) => this.effects!.start(saga, input, options);
  }

  /** Ends what `signal` watches. */
  dispose(): void {
    this.#own?.dispose();
  }

  /** The same incoming command makes the same inner ones, so that repeating it is safe. */
  #derivedId(member: AnyCommand | AnyQuery): string | undefined {
    return this.#header.id === undefined ? undefined : `${this.#header.id}/${member.id}`;
  }
}
