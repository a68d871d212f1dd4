import { hash } from "node:crypto";
import {
  contractIdOf,
  contractsServed,
  describe,
  type AnyContract,
  type AnyQuery,
  type Log,
  type ServiceDefinition,
} from "kerf";
import type { Broker } from "../broker/broker.ts";
import { bounded } from "../call/deadline.ts";
import type { Clock } from "../clock/clock.ts";
import { contractHash } from "../graph/hash.ts";
import type { CallHeader } from "../transport/transport.ts";
import { remember } from "./age.ts";
import { Answers } from "./answers.ts";
import type { Cache } from "./cache.ts";
import { noCounts, type CacheCounts, type CacheStatus } from "./counts.ts";
import { Follower, followTopic } from "./follower.ts";
import { EventTags, tagsOf } from "./tags.ts";

/** A fact that a handler of this process stated, and that is committed. */
export interface Stated {
  /** Of the message. */
  readonly id: string;
  /** Of the event. */
  readonly type: string;
  readonly data: unknown;
}

/** Runs the handler of a query. `observed.incomplete` becomes true where a part of the answer was left out. */
export type Load = (
  input: unknown,
  header: CallHeader,
  signal: AbortSignal,
  observed: { incomplete: boolean },
) => Promise<unknown>;

export interface CachingOptions {
  readonly definitions: readonly ServiceDefinition[];
  readonly cache: Cache;
  readonly store: CacheStatus["store"];
  readonly clock: Clock;
  readonly log: Log;
  /** Told of what an event of this process, or of another that hosts these services, made old. May be told twice. */
  readonly changed?: ((tags: readonly string[]) => void) | undefined;
}

/** What a load may take: as long as the longest call, for nobody's own deadline bounds it. */
const LOAD_MS = 10_000;
/** Ids of messages whose effect on the cache is done; the log brings them once more. */
const MOST_DONE = 10_000;

/** The caches of the queries that a process answers: where they stand is before their handlers, behind every check. */
export class Caching {
  readonly #options: CachingOptions;
  readonly #contracts: readonly AnyContract[];
  readonly #tags: EventTags;
  readonly #answers: Answers[] = [];
  readonly #counts = new Map<string, CacheCounts>();
  readonly #done = new Set<string>();
  readonly #stop = new AbortController();
  readonly #loading = new Set<Promise<unknown>>();
  #follower: Follower | undefined;
  #invalidations = 0;

  private constructor(options: CachingOptions, contracts: readonly AnyContract[]) {
    this.#options = options;
    this.#contracts = contracts;
    this.#tags = new EventTags(contracts);
  }

  /** Undefined where none of these services caches anything: then nothing is to be done on any path. */
  static of(options: Omit<CachingOptions, "cache"> & { readonly cache: () => Cache }): Caching | undefined {
    const contracts = options.definitions.flatMap(contractsServed).filter(cachesAny);
    return contracts.length === 0
      ? undefined
      : new Caching({ ...options, cache: options.cache() }, contracts);
  }

  /** Whether an event makes any answer old: those of other types need not be told. */
  watches(type: string): boolean {
    return this.#tags.has(type);
  }

  /** Answers `member` from the cache, and by `load` where that does not help. */
  endpoint(member: AnyQuery, load: Load, log: Log): (input: unknown, header: CallHeader) => Promise<unknown> {
    const { cache, clock } = this.#options;
    const plan = member.cache!;
    const contract = this.#contracts.find((each) => describe(each).id === contractIdOf(member.id))!;
    const shape = contractHash(contract);
    const tags = tagsOf(member);
    const counts = noCounts();
    const answers = new Answers({ plan, member: member.id, cache, clock, counts, log });
    this.#counts.set(member.id, counts);
    this.#answers.push(answers);
    return async (input, header) => {
      const own = plan.per === "everyone" ? nobody(header) : header;
      const { value, ageMs } = await answers.ask({
        key: keyOf(member.id, shape, input, plan.per === "everyone" ? undefined : header),
        tags: tags(input),
        load: () => this.#load(member.id, load, input, own),
      });
      return remember(value, ageMs);
    };
  }

  /** What is stated and committed here makes answers old at once, before its messages leave. */
  stated(facts: readonly Stated[]): void {
    for (const { id, type, data } of facts) {
      this.#done.add(id);
      this.#invalidate(this.#tags.ofData(type, data));
    }
    for (const id of this.#done) {
      if (this.#done.size <= MOST_DONE) break;
      this.#done.delete(id);
    }
  }

  /** Begins to hear what other processes of these services state. */
  async start(broker: Broker | undefined): Promise<void> {
    if (!broker || !this.#tags.any) return;
    const { clock, log, store } = this.#options;
    if (!Follower.can(broker)) {
      if (store === "memory")
        log.warn(
          "with this broker, events reach the cache of the process that states them only: where services have replicas, set KERF_REDIS_URL",
        );
      return;
    }
    const channels = this.#contracts.map((contract) => describe(contract).id);
    this.#follower = new Follower({
      broker,
      channels,
      clock,
      log,
      // What is shared may be older than this process.
      since: store === "redis" || this.#options.changed ? clock.now() - this.#longestMs() : clock.now(),
      heard: (envelope) => {
        if (!this.#done.delete(envelope.id)) this.#invalidate(this.#tags.ofMessage(envelope));
      },
      missed: (channel) => this.#invalidate(this.#queryTags(channel)),
    });
    await this.#follower.start();
  }

  /** Looks now and then whether a nudge was lost. */
  poll(): void {
    this.#follower?.poll();
  }

  /** Tells the other processes that there is something in the logs of this service. */
  published(service: string, broker: Broker): void {
    for (const { id, name } of this.#contracts.map(describe))
      if (name === service && this.#tags.any) broker.wake?.(followTopic(id));
  }

  status(): CacheStatus {
    const { cache, store } = this.#options;
    const queries = Object.fromEntries([...this.#counts].map(([id, counts]) => [id, { ...counts }]));
    return { store, ...cache.size(), invalidations: this.#invalidations, queries };
  }

  /** Ends what is loading: nobody waits for it any more. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("the unit drains"));
    await Promise.allSettled(this.#loading);
    await this.#follower?.stop();
    this.#options.cache.close();
  }

  async #load(member: string, load: Load, input: unknown, header: CallHeader) {
    this.#stop.signal.throwIfAborted();
    const { clock } = this.#options;
    const deadlineAt = clock.now() + LOAD_MS;
    const observed = { incomplete: false };
    const working = load(input, { ...header, deadlineAt }, this.#stop.signal, observed);
    this.#loading.add(working);
    try {
      const value = await bounded(clock, working, deadlineAt, member);
      return { json: JSON.stringify(value) ?? "null", keep: !observed.incomplete };
    } finally {
      this.#loading.delete(working);
    }
  }

  #invalidate(tags: readonly string[]): void {
    if (tags.length === 0) return;
    this.#invalidations++;
    void this.#options.cache.invalidate(tags);
    const set = new Set(tags);
    for (const answers of this.#answers) answers.invalidated(set);
    this.#options.changed?.(tags);
  }

  #queryTags(channel: string): string[] {
    return [...this.#counts.keys()].filter((id) => contractIdOf(id) === channel).map((id) => `${id}|`);
  }

  #longestMs(): number {
    const plans = this.#contracts.flatMap((contract) =>
      [...describe(contract).members.values()].flatMap((m) => (m.kind === "query" && m.cache) || []),
    );
    return Math.max(...plans.map(({ ttlMs, staleMs, errorsMs }) => Math.max(ttlMs + staleMs, errorsMs)));
  }
}

function cachesAny(contract: AnyContract): boolean {
  return [...describe(contract).members.values()].some((m) => m.kind === "query" && m.cache !== undefined);
}

/** Who is told nothing of who asks cannot answer one with what is for another. */
function nobody({ deadlineAt, traceparent }: CallHeader): CallHeader {
  return {
    id: undefined,
    deadlineAt,
    caller: undefined,
    actor: undefined,
    via: "call",
    traceparent,
    retry: false,
  };
}

/** Hashed: what people ask stands in no list of keys, and its length is bounded. */
function keyOf(member: string, shape: string, input: unknown, asker: CallHeader | undefined): string {
  const who = asker && [asker.actor, asker.caller, asker.via];
  return `${member}:${hash("sha256", JSON.stringify([shape, input, who]), "base64url")}`;
}
