import { DeclaredError, type CachePlan, type Log } from "kerf";
import type { Clock } from "../clock/clock.ts";
import type { Cache, Entry, Found } from "./cache.ts";
import type { CacheCounts } from "./counts.ts";

/** One question, as the cache knows it. */
export interface Question {
  readonly key: string;
  readonly tags: readonly string[];
  /** Makes the answer. Its time is its own: those who wait for it may leave. */
  load(): Promise<Loaded>;
}

/** `keep: false` is an answer of which something is missing. */
export interface Loaded {
  readonly json: string;
  readonly keep: boolean;
}

export interface AnswersParts {
  readonly plan: CachePlan;
  readonly member: string;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly counts: CacheCounts;
  readonly log: Log;
}

interface Flight {
  readonly entry: Promise<Entry>;
  readonly stamp: string | undefined;
  readonly tags: readonly string[];
}

/** How long others wait for a load of another process before they load by themselves. */
const CLAIM_MS = 2_000;
const CLAIM_LOOK_MS = 25;
/** After a refresh failed, the next is not tried for so long: a service that is down is not asked with every stale answer. */
const RETRY_MS = 1_000;
/** One line for a refresh that fails with every question. */
const LINE_MS = 10_000;

/**
 * Answers one query from a cache. One load for each key at a time; a stale answer at once while a new one is made (RFC 5861);
 * declared errors where they are kept, other failures never. Who asks after an invalidation never gets what began before it.
 */
export class Answers {
  readonly #plan: CachePlan;
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #member: string;
  readonly #counts: CacheCounts;
  readonly #log: Log;
  #lineAt = 0;
  readonly #flights = new Map<string, Flight>();
  readonly #retryAt = new Map<string, number>();

  constructor({ plan, member, cache, clock, counts, log }: AnswersParts) {
    this.#plan = plan;
    this.#cache = cache;
    this.#clock = clock;
    this.#member = member;
    this.#counts = counts;
    this.#log = log;
  }

  /** Nobody joins a load any more that began before this. */
  invalidated(tags: ReadonlySet<string>): void {
    for (const [key, flight] of this.#flights)
      if (flight.tags.some((tag) => tags.has(tag))) this.#flights.delete(key);
  }

  /** A copy of the answer that nobody else has. @throws what the load throws */
  async ask(question: Question): Promise<{ readonly value: unknown; readonly ageMs: number }> {
    const entry = await this.#find(question);
    const value = JSON.parse(entry.json) as unknown;
    if (entry.code !== undefined) throw new DeclaredError(this.#member, entry.code, value);
    return { value, ageMs: Math.max(0, this.#clock.now() - entry.at) };
  }

  async #find(question: Question): Promise<Entry> {
    const looked = this.#cache.get(question.key, question.tags);
    const found = looked instanceof Promise ? await looked : looked;
    const { entry } = found;
    if (entry === undefined) return this.#fly(question, found);
    if (this.#clock.now() - entry.at < this.#freshMs(entry)) {
      this.#counts.hits++;
      return entry;
    }
    this.#counts.stale++;
    this.#refresh(question, found);
    return entry;
  }

  /** Begins a load, or joins one that began under the same generations. */
  #fly(question: Question, found: Found): Promise<Entry> {
    const flying = this.#flights.get(question.key);
    if (flying && flying.stamp === found.stamp) {
      this.#counts.joined++;
      return flying.entry;
    }
    this.#counts.misses++;
    return this.#start(question, found, () => this.#loadOnce(question, found));
  }

  #refresh(question: Question, found: Found): void {
    const { key } = question;
    if (this.#flights.get(key)?.stamp === found.stamp) return;
    if ((this.#retryAt.get(key) ?? 0) > this.#clock.now()) return;
    const work = async (): Promise<Entry> => {
      const release = await this.#cache.claim?.(claimOf(key, found.stamp!), CLAIM_MS);
      // Another process makes the new one.
      if (this.#cache.claim && !release) return found.entry!;
      try {
        return await this.#load(question, found.stamp);
      } finally {
        await release?.();
      }
    };
    this.#start(question, found, work).catch((error: unknown) => this.#failed(key, error));
  }

  /** Nobody waits for a refresh, so nobody else tells of its failure. */
  #failed(key: string, error: unknown): void {
    const now = this.#clock.now();
    this.#retryAt.set(key, now + RETRY_MS);
    this.#clock.after(RETRY_MS, () => this.#retryAt.delete(key));
    if (now < this.#lineAt + LINE_MS) return;
    this.#lineAt = now;
    this.#log.warn(
      { member: this.#member, err: error },
      `${this.#member} gives stale answers, because making new ones fails`,
    );
  }

  #start(question: Question, found: Found, work: () => Promise<Entry>): Promise<Entry> {
    const flight: Flight = {
      stamp: found.stamp,
      tags: question.tags,
      entry: work().finally(() => {
        if (this.#flights.get(question.key) === flight) this.#flights.delete(question.key);
      }),
    };
    this.#flights.set(question.key, flight);
    return flight.entry;
  }

  /** Where processes share the cache, one of them loads and the others wait for what it keeps, for a while. */
  async #loadOnce(question: Question, found: Found): Promise<Entry> {
    const { key, tags } = question;
    if (!this.#cache.claim || found.stamp === undefined) return this.#load(question, found.stamp);
    const endsAt = this.#clock.now() + CLAIM_MS;
    let stamp: string = found.stamp;
    for (;;) {
      const release = await this.#cache.claim(claimOf(key, stamp), CLAIM_MS);
      if (release || this.#clock.now() >= endsAt) {
        try {
          return await this.#load(question, stamp);
        } finally {
          await release?.();
        }
      }
      await this.#clock.sleep(CLAIM_LOOK_MS * (0.5 + this.#clock.random()));
      const again = await this.#cache.get(key, tags);
      if (again.entry) return again.entry;
      if (again.stamp === undefined) return this.#load(question, undefined);
      stamp = again.stamp;
    }
  }

  async #load(question: Question, stamp: string | undefined): Promise<Entry> {
    const { key } = question;
    const at = this.#clock.now();
    let entry: Entry;
    let keep = true;
    try {
      const loaded = await question.load();
      ({ keep } = loaded);
      entry = { at, code: undefined, json: loaded.json };
    } catch (error) {
      if (!(error instanceof DeclaredError) || error.member !== this.#member) {
        this.#counts.failed++;
        throw error;
      }
      keep = this.#plan.errorsMs > 0;
      entry = { at, code: error.code, json: JSON.stringify(error.data ?? null) };
    }
    const keepMs = this.#keepMs(entry) - (this.#clock.now() - at);
    if (keep && stamp !== undefined && keepMs > 0) await this.#cache.set(key, stamp, entry, keepMs);
    return entry;
  }

  #freshMs({ code }: Entry): number {
    return code === undefined ? this.#plan.ttlMs : this.#plan.errorsMs;
  }

  #keepMs(entry: Entry): number {
    return this.#freshMs(entry) + (entry.code === undefined ? this.#plan.staleMs : 0);
  }
}

/** A load that began before an invalidation does not keep the next one waiting. */
function claimOf(key: string, stamp: string): string {
  return `${key}@${stamp}`;
}
