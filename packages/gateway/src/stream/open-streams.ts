import { StatusError } from "kerf";
import { problem, type Problem } from "../problems/problem.ts";
import type { StreamLimits } from "./limits.ts";

/** A stream as the gateway sees it while it is open. */
export interface OpenStream {
  /** Says that it lives, if it was quiet; ends what is found dead. */
  beat(): void;
  /** Asks again whether who reads may. */
  check(): void;
  end(reason: StatusError): void;
}

/** The streams that are open at a gateway. One timer serves all. */
export class OpenStreams {
  readonly #limits: StreamLimits;
  readonly #open = new Map<string, Set<OpenStream>>();
  #count = 0;
  #draining = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** Why one more is refused. */
  refuses(caller: string): Problem | undefined {
    if (this.#draining || this.#count >= this.#limits.most)
      return problem("unavailable", {
        detail: "There are as many streams open as there may be here. Try again soon.",
        headers: { "retry-after": "5" },
      });
    if ((this.#open.get(caller)?.size ?? 0) < this.#limits.mostEach) return undefined;
    return problem("too-many-requests", {
      detail: `More than ${this.#limits.mostEach} streams are open at once. Close one first.`,
      headers: { "retry-after": "5" },
    });
  }

  /** Counts one in; gives what counts it out. */
  enter(caller: string, stream: OpenStream): () => void {
    const own = this.#open.get(caller) ?? new Set();
    this.#open.set(caller, own.add(stream));
    this.#count++;
    this.#timer ??= setInterval(() => this.#beat(), this.#limits.beatMs).unref();
    return () => {
      if (!own.delete(stream)) return;
      this.#count--;
      if (own.size === 0) this.#open.delete(caller);
      if (this.#count > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Ends all: their readers ask again, elsewhere. */
  drain(): void {
    this.#draining = true;
    for (const stream of this.#all())
      stream.end(
        new StatusError("UNAVAILABLE", "this gateway ends: ask again", {
          retryAfterMs: Math.random() * 1_000,
        }),
      );
  }

  #beat(): void {
    for (const stream of this.#all()) {
      stream.beat();
      stream.check();
    }
  }

  #all(): readonly OpenStream[] {
    return [...this.#open.values()].flatMap((own) => [...own]);
  }
}
