import { contractsServed, describe, sagaFacts } from "kerf";
import type { Broker, Group, Subscription } from "../broker/broker.ts";
import type { Endpoint } from "../call/dispatch.ts";
import { crashAround } from "../crashpoint/crashpoint.ts";
import { delivery } from "../events/delivery.ts";
import { commandChannel } from "../events/envelope.ts";
import { Inbox } from "../events/inbox.ts";
import { retryParked } from "../events/parked.ts";
import { Relay } from "../events/relay.ts";
import type { Backlog, Tick } from "../journal/journal.ts";
import type { Retention } from "../journal/retention.ts";
import { SagaEngine } from "../sagas/engine.ts";
import type { SagaLimits } from "../sagas/step-policy.ts";
import { droppedSagas, refuseDropped } from "../sagas/versions.ts";
import type { Dispatch } from "../transport/transport.ts";
import { inTransaction } from "../work/in-transaction.ts";
import type { Committed, ServicePort } from "./port.ts";
import { Schedules } from "./schedules.ts";
import { Upkeep } from "./upkeep.ts";

export interface HostOptions {
  readonly port: ServicePort;
  readonly broker: Broker;
  readonly dispatch: Dispatch;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly worker: string;
  readonly replica: string;
  readonly leaseMs: number;
  readonly limits: SagaLimits;
  /** After this long a message that still fails is a dead letter. */
  readonly giveUpMs: number;
  /** How long what is over is remembered. */
  readonly retention: Retention;
  /** How often the backlog is measured. */
  readonly measureMs: number;
  readonly groups: readonly Group[];
  /** Asks to be looked at in so many milliseconds. */
  readonly due: (service: string, inMs: number) => void;
}

/** Everything that one service with a database does by itself: sends, hears, retries, runs sagas and schedules. */
export class ServiceHost {
  readonly name: string;
  readonly #options: HostOptions;
  readonly #relay: Relay;
  readonly #inbox: Inbox;
  readonly #sagas: SagaEngine;
  readonly #schedules: Schedules;
  readonly #upkeep: Upkeep;
  readonly #stopping = new AbortController();
  readonly #busy = new Set<Promise<void>>();
  #subscriptions: Subscription[] = [];
  #unwatch: () => void = () => {};
  #ticking: Promise<Tick | undefined> | undefined;
  #retrying = false;

  constructor(options: HostOptions) {
    const { port } = options;
    this.#options = options;
    this.name = port.definition.name;
    this.#relay = new Relay(port, options.broker);
    this.#inbox = new Inbox(port, port.definition.sagas.map(sagaFacts), options.dispatch, options.endpoints);
    const due = (inMs: number): void => options.due(this.name, inMs);
    this.#sagas = new SagaEngine(port, options.worker, options.limits, due);
    this.#schedules = new Schedules(port, due);
    const { retention, measureMs } = options;
    this.#upkeep = new Upkeep({ port, retention, measureMs, transaction: (work) => this.#transaction(work) });
  }

  /** Begins: the first tick takes the leases, then messages are heard. */
  async start(): Promise<void> {
    const { port, broker } = this.#options;
    const live = await this.#transaction((run) => port.storage!.journal.liveSagas(run));
    refuseDropped(droppedSagas(port.definition.sagas, live), this.name);
    const slots = port.definition.schedule.map(({ name, everyMs }) => ({ name, everyMs }));
    if (slots.length > 0) await this.#transaction((run) => port.storage!.journal.declareSlots(run, slots));
    await this.tick();
    await this.#transaction((run) =>
      port.storage!.journal.declareHears(run, this.#options.worker, this.#inbox.types),
    );
    const deliver = delivery(port, this.#inbox, (inMs) => this.#options.due(this.name, inMs));
    // Together: the broker gathers what comes at once into one sign of life.
    await Promise.all(
      this.#options.groups.map(async (group) => {
        this.#subscriptions.push(await broker.subscribe(group, deliver));
      }),
    );
    const unwatch = [
      broker.onWake?.(relayTopic(this.name), () => this.#relay.wake()),
      // A person did something to its dead letters or sagas, or published an event.
      broker.onWake?.(serviceTopic(this.name), () => {
        this.#relay.wake();
        this.#options.due(this.name, 0);
      }),
    ];
    this.#unwatch = () => unwatch.forEach((stop) => stop?.());
  }

  /** What a commit of this process left to be done. */
  committed(what: Committed): void {
    if (what.messages) {
      this.#relay.wake();
      if (!this.#relay.owner) this.#options.broker.wake?.(relayTopic(this.name));
    }
    for (const saga of what.sagas) this.#sagas.begin(saga);
    // It may have made a waiting saga due.
    if (what.mail) this.#background(() => this.#sagas.claim());
  }

  /** Looks for work, once at a time; says when to look again. */
  tick(): Promise<Tick | undefined> {
    this.#ticking ??= this.#tick().finally(() => (this.#ticking = undefined));
    return this.#ticking;
  }

  async #tick(): Promise<Tick | undefined> {
    const { port, worker, replica, leaseMs } = this.#options;
    if (this.#stopping.signal.aborted) return undefined;
    try {
      const tick = await crashAround("lease.renew", () =>
        this.#transaction((run) => port.storage!.journal.tick(run, worker, replica, leaseMs)),
      );
      this.#relay.own(tick.relayFence);
      if (tick.unsent) this.#relay.wake();
      if (tick.sagasDue || this.#sagas.isMissing(tick.ownSagas)) this.#background(() => this.#sagas.claim());
      if (tick.parkedDue) this.#retry();
      for (const slot of tick.slotsDue)
        this.#background(() => this.#schedules.run(slot, this.#stopping.signal));
      for (const work of this.#upkeep.due()) this.#background(work);
      return tick;
    } catch (error) {
      port.log.warn({ err: error }, `the database of ${this.name} does not answer; looking again soon`);
      return undefined;
    }
  }

  get repeated(): number {
    return this.#inbox.repeated;
  }

  backlog(): Promise<Backlog> {
    return this.#upkeep.backlog();
  }

  /** As it was when it was last measured. */
  get measured(): Backlog | undefined {
    return this.#upkeep.measured;
  }

  /** Stops hearing, finishes what is in flight, sends what is committed, and gives every lease back. */
  async drain(): Promise<void> {
    this.#unwatch();
    await Promise.all(this.#subscriptions.map((subscription) => subscription.stop()));
    await this.#sagas.drain();
    this.#stopping.abort();
    await this.#ticking;
    await Promise.allSettled(this.#busy);
    await this.#relay.stop();
    await this.#transaction((run) =>
      this.#options.port.storage!.journal.releaseWorker(run, this.#options.worker),
    ).catch((error: unknown) => {
      this.#options.port.log.warn(
        { err: error },
        `the leases of ${this.name} could not be given back; they run out`,
      );
    });
  }

  #retry(): void {
    if (this.#retrying) return;
    this.#retrying = true;
    this.#background(() =>
      retryParked(
        this.#options.port,
        this.#inbox,
        (inMs) => this.#options.due(this.name, inMs),
        this.#stopping.signal,
        this.#options.giveUpMs,
      ).finally(() => (this.#retrying = false)),
    );
  }

  #background(work: () => Promise<void>): void {
    if (this.#stopping.signal.aborted) return;
    const running = work()
      .catch((error: unknown) =>
        this.#options.port.log.warn(
          { err: error },
          `background work of ${this.name} failed; it is tried again`,
        ),
      )
      .finally(() => this.#busy.delete(running));
    this.#busy.add(running);
  }

  async #transaction<T>(work: (run: any) => Promise<T>): Promise<T> {
    // A process that stops in the middle keeps its rows locked for so long, and with them those who would succeed it.
    const mostMs = Math.min(10_000, Math.max(2_000, this.#options.leaseMs));
    return inTransaction(this.#options.port, work, mostMs);
  }
}

/** Waking it lets every process of a service look for work. */
export function serviceTopic(service: string): string {
  return `service:${service}`;
}

function relayTopic(service: string): string {
  return `relay:${service}`;
}

/** What a service subscribes to: the events that it reacts to or waits for, and the orders to it. */
export function groupsOf(definition: ServicePort["definition"]): Group[] {
  if (!definition.needs.database) return [];
  const from = new Map<string, "now" | "earliest">();
  const hear = (channel: string, start: "now" | "earliest"): void => {
    if (from.get(channel) !== "earliest") from.set(channel, start);
  };
  for (const reaction of definition.react) hear(channelOf(reaction.event.id), reaction.from);
  for (const saga of definition.sagas)
    for (const { event } of sagaFacts(saga).waits) hear(channelOf(event.id), "now");
  // Orders are never skipped: one that was sent before this service first ran is for it all the same.
  for (const { id, members } of contractsServed(definition).map(describe))
    if ([...members.values()].some((m) => m.kind === "command")) hear(commandChannel(id), "earliest");
  return [...from].map(([channel, start]) => ({ service: definition.name, channel, from: start }));
}

function channelOf(memberId: string): string {
  return memberId.slice(0, memberId.indexOf("."));
}
