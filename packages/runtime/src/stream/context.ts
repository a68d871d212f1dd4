import type { AnyStream, Sql } from "kerf";
import { crashableSql } from "../crashpoint/crashpoint.ts";
import { HandlerContext } from "../service/context.ts";
import type { ServicePort } from "../service/port.ts";
import type { CallHeader } from "../transport/transport.ts";

/** What a look at the database may take. */
const readTimeoutMs = 2_000;

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
      const { id: _id, ...header } = this.#header;
      const signal = options?.signal ? AbortSignal.any([this.#life, options.signal]) : this.#life;
      const caller = this.#port.definition.name;
      return this.#port.streams.outbound(
        member,
        input,
        { ...header, id: undefined, caller, via: "call", baggage: this.#port.baggage(header.baggage) },
        signal,
      );
    };
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
