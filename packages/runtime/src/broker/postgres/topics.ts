import type { Link } from "./link.ts";

/** Nudges between processes over the connection that listens anyway. Best effort. */
export class Topics {
  readonly #link: Link;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #unsent = new Set<string>();
  #sending = false;

  constructor(link: Link) {
    this.#link = link;
  }

  on(topic: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(topic);
    };
  }

  /** Nudges of one topic that come faster than the server takes them are one. */
  wake(topic: string): void {
    if (topic.length > 500)
      throw new RangeError(`A topic has at most 500 characters, "${topic.slice(0, 40)}…" has more.`);
    this.#unsent.add(topic);
    void this.#send();
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#unsent.size > 0) {
        const topics = [...this.#unsent];
        this.#unsent.clear();
        await this.#link.run(
          // Nothing is written that would have to be on disk before the commit.
          (sql) => sql`
            select pg_notify('kerf_broker', 't' || t)
            from (select set_config('synchronous_commit', 'off', true)) s, unnest(${topics}::text[]) t`,
        );
      }
    } catch {
      // Who listens also polls; a lost nudge costs time only, and the broker's tick reports the failure.
    } finally {
      this.#sending = false;
    }
  }

  heard(topic: string): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener();
  }

  heardAll(): void {
    for (const topic of this.#listeners.keys()) this.heard(topic);
  }
}
