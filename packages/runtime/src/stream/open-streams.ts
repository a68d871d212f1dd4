import { StatusError } from "kerf";
import type { StreamLimits } from "./limits.ts";

/** The streams that are open in a unit. */
export class OpenStreams {
  readonly #limits: StreamLimits;
  readonly #open = new Map<string, Set<(reason: StatusError) => void>>();
  #count = 0;
  #draining = false;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Counts one in; `end` is called when the unit ends. Gives what counts it out.
   * @throws StatusError UNAVAILABLE once draining, RESOURCE_EXHAUSTED where there are too many
   */
  enter(member: string, owner: string, end: (reason: StatusError) => void): () => void {
    if (this.#draining) throw endsNow(member, 0);
    const own = this.#open.get(owner) ?? new Set();
    if (own.size >= this.#limits.mostEach && owner !== nobody)
      throw tooMany(`${owner} has ${own.size} streams open: close one first`);
    if (this.#count >= this.#limits.most) throw tooMany("this unit has as many streams open as it may");
    this.#open.set(owner, own.add(end));
    this.#count++;
    return () => {
      if (!own.delete(end)) return;
      this.#count--;
      if (own.size === 0 && this.#open.get(owner) === own) this.#open.delete(owner);
    };
  }

  /** Ends all, and refuses those to come: their readers ask again, elsewhere. */
  drain(random: () => number): void {
    this.#draining = true;
    for (const own of this.#open.values())
      for (const end of own) end(endsNow("this stream", random() * 1_000));
  }
}

/** Strangers are told apart at the gateway only, and services ask on behalf of many. */
export const nobody = "";

function endsNow(what: string, retryAfterMs: number): StatusError {
  return new StatusError("UNAVAILABLE", `the unit of ${what} ends: ask again`, { retryAfterMs });
}

function tooMany(message: string): StatusError {
  return new StatusError("RESOURCE_EXHAUSTED", message, { retryAfterMs: 5_000 });
}
