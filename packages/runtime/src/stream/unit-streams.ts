import { describe, type Actor, type AnyStream, type ServiceDefinition } from "kerf";
import type { Broker } from "../broker/broker.ts";
import type { MayCall } from "../call/dispatch.ts";
import type { Router } from "../call/router.ts";
import type { Clock } from "../clock/clock.ts";
import type { ServicePort } from "../service/port.ts";
import type { CallHeader, DispatchStream, Transport } from "../transport/transport.ts";
import { compileValidator } from "../validate/index.ts";
import { Changes } from "./changes.ts";
import { streamDispatcher } from "./dispatch.ts";
import { streamEndpointsOf, type StreamEndpoint } from "./endpoints.ts";
import { Gate } from "./gate.ts";
import { graceMs, streamLimits, type StreamLimits } from "./limits.ts";
import { OpenStreams } from "./open-streams.ts";
import type { StreamPort } from "./port.ts";
import { streamRouter, type WatchStream } from "./router.ts";

/** A stream that is asked for from the edge. */
export interface EdgeWatch {
  readonly member: AnyStream;
  readonly input: unknown;
  readonly actor: Actor | undefined;
  readonly traceparent: string;
  /** Aborts when the reader is gone. */
  readonly signal: AbortSignal;
}

/** The streams of one unit: those that it answers, and the way to others. */
export class UnitStreams {
  readonly dispatch: DispatchStream;
  readonly #clock: Clock;
  readonly #limits: StreamLimits;
  readonly #open: OpenStreams;
  readonly #endpoints = new Map<string, StreamEndpoint>();
  readonly #changes = new Map<string, Changes>();
  #watch: WatchStream | undefined;

  constructor(clock: Clock, mayCall: MayCall, limits: Partial<StreamLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...streamLimits, ...limits };
    this.#open = new OpenStreams(this.#limits);
    this.dispatch = streamDispatcher(this.#endpoints, mayCall);
  }

  /** How many are open here. */
  get count(): number {
    return this.#open.count;
  }

  /** The way to streams. */
  connect(
    here: ReadonlySet<string>,
    calls: Router,
    transport: Transport,
    tell: (watch: WatchStream) => WatchStream = (watch) => watch,
  ): void {
    const inputs = new Map<AnyStream, ReturnType<typeof compileValidator>>();
    const replies = new Map<AnyStream, ReturnType<typeof compileValidator>>();
    const watch = streamRouter({
      here,
      addressOf: (service) => calls.addressOf(service),
      dispatch: this.dispatch,
      transport,
      clock: this.#clock,
      inputValidator: (member) =>
        remembered(inputs, member, () =>
          compileValidator(member.input, { unknownFields: "drop", enums: "exact" }),
        ),
      replyValidator: (member) =>
        remembered(replies, member, () =>
          compileValidator(member.output, { unknownFields: "drop", enums: "open" }),
        ),
    });
    this.#watch = tell(watch);
  }

  /** What the streams of a service run on. */
  portOf(definition: ServiceDefinition, broker: Broker | undefined): StreamPort {
    const { name } = definition;
    const streams = [...describe(definition.contract).members.values()].some(({ kind }) => kind === "stream");
    // Who has no streams tells nobody of its changes: that costs a message to the broker's database each time.
    if (streams && definition.needs.database && broker)
      this.#changes.set(name, new Changes(name, broker, this.#clock, this.#limits.lookMs));
    return {
      limits: this.#limits,
      open: this.#open,
      reads: new Gate(this.#limits.reads),
      changes: () => this.#changes.get(name),
      outbound: (member, input, header, reader) =>
        this.#ask(member, input, { ...header, deadlineAt: this.#deadline() }, reader),
    };
  }

  add(port: ServicePort): void {
    for (const [id, endpoint] of streamEndpointsOf(port)) this.#endpoints.set(id, endpoint);
  }

  /** As somebody at the edge, or as the service that is named. */
  enter({ member, input, actor, traceparent, signal }: EdgeWatch, caller?: string): AsyncIterable<unknown> {
    const via = caller === undefined ? "gateway" : "call";
    const deadlineAt = this.#deadline();
    return this.#ask(
      member,
      input,
      { id: undefined, deadlineAt, caller, actor, via, traceparent, retry: false },
      signal,
    );
  }

  /** Ends all that are open, and refuses those to come. */
  drain(): void {
    this.#open.drain(() => this.#clock.random());
  }

  #ask(member: AnyStream, input: unknown, header: CallHeader, reader: AbortSignal): AsyncIterable<unknown> {
    return this.#watch!(member, { member: member.id, input, header }, reader);
  }

  #deadline(): number {
    return this.#clock.now() + this.#limits.lifeMs + graceMs;
  }
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}
