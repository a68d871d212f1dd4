import type { AnyStream, Sql } from "kerf";
import { crashableSql } from "../crashpoint/crashpoint.ts";
import { HandlerContext } from "../service/context.ts";
import type { ServicePort } from "../service/port.ts";
import type { CallHeader } from "../transport/transport.ts";

/** What a look at the database may take. */
const readTimeoutMs = 2_000;

/** What of a header goes on to what the handler watches. */
type Carried = Exclude<keyof CallHeader, "inputHash" | "wish" | "byHand" | "settle">;

/** What the handler of a stream is given. It holds no connection: each `read` borrows one. */
export class StreamHandlerContext extends HandlerContext {
  readonly #port: ServicePort;
  readonly #header: CallHeader;
  readonly #life: AbortSignal;

  constructor(port: ServicePort, member: string, header: CallHeader, life: AbortSignal) {
    super(port, member, header, life);
    this.#port = port;
    this.#header = header;
    this.#life = life;
  }

  override get signal(): AbortSignal {
    return this.#life;
  }

  get watch(): (
    member: AnyStream,
    input: unknown,
    options?: { readonly signal?: AbortSignal },
  ) => AsyncIterable<unknown> {
    return (member, input, options) => {
      const signal = options?.signal ? AbortSignal.any([this.#life, options.signal]) : this.#life;
      return this.#port.streams.outbound(member, input, this.#outgoing(), signal);
    };
  }

  /** Field by field, as calls have it: to take a header apart costs more than to make one. */
  #outgoing(): CallHeader {
    const from = this.#header;
    const header = {
      id: undefined,
      deadlineAt: from.deadlineAt,
      caller: this.#port.definition.name,
      actor: from.actor,
      via: "call",
      traceparent: from.traceparent,
      retry: from.retry,
    } satisfies CallHeader;
    const { release } = from;
    const baggage = this.#port.baggage(from.baggage);
    if (release === undefined && baggage === undefined) return header;
    return { ...header, release, baggage } satisfies Record<Carried, unknown>;
  }

  get read(): (work: (sql: Sql) => Promise<unknown>) => Promise<unknown> {
    const { storage, streams, clock } = this.#port;
    return (work) =>
      streams.reads.through(async () => {
        this.#life.throwIfAborted();
        const deadlineAt = clock.now() + readTimeoutMs;
        const tx = storage!.database.open({ readOnly: true, deadlineAt, signal: this.#life });
        try {
          const found = await work(crashableSql(tx.sql));
          await tx.commit();
          return found;
        } catch (error) {
          await tx.rollback();
          throw error;
        }
      });
  }

  get changes(): (...keys: readonly string[]) => AsyncIterable<void> {
    return (...keys) => this.#port.streams.changes()!.watch(keys, this.#life);
  }
}
