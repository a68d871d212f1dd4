import type { IncomingMessage } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Logger } from "pino";
import { problem, type Problem } from "../problems/problem.ts";

/** How often the delay of the event loop is looked at; each look sees twice this time. */
const LOOK_MS = 1_000;
const RESOLUTION_MS = 10;
/** Below this share of the limit, less is shed. Between this and the limit, as much as before. */
const CALM = 0.5;
/** How much more is shed after each look at which the loop was too late, and less after each at which it was calm. */
const MORE = 0.5;
const LESS = 0.25;
/** From this share of the limit of calls under way, strangers are refused. */
const STRANGERS_SHARE = 0.8;

export interface SheddingOptions {
  /** The 99th percentile of the event loop's delay above which requests are refused; Infinity never. */
  readonly eventLoopMs: number;
  /** How many calls may be under way. */
  readonly inFlight: number;
  /** How many are. */
  underWay(): number;
  readonly log: Logger;
}

export interface Shedding {
  /** Why this request is not even begun; undefined lets it go on. */
  refusal(request: IncomingMessage): Problem | undefined;
  close(): void;
}

/**
 * Refuses requests before they have cost anything, when there are more than can be answered in time: a few quick 503 are
 * better than that everybody waits until their deadline. Who comes with a credential is refused last, and probes never: an
 * orchestrator would restart what is only busy.
 */
export function shedding({ eventLoopMs, inFlight, underWay, log }: SheddingOptions): Shedding {
  const level = new Level(log);
  const stop = watchDelay(eventLoopMs, (p99Ms) => level.adjust(p99Ms, eventLoopMs));
  const strangersInFlight = inFlight * STRANGERS_SHARE;

  return {
    refusal(request) {
      const calls = underWay();
      if (level.value === 0 && calls < strangersInFlight) return undefined;
      if (isProbe(request.url)) return undefined;
      const known = hasCredential(request);
      const shed = calls >= (known ? inFlight : strangersInFlight) || level.sheds(known);
      return shed ? overloaded(request) : undefined;
    },
    close: stop,
  };
}

/** How much is shed: 0 nothing, 0.5 all strangers, 1 everything. */
class Level {
  readonly #log: Logger;
  #value = 0;
  #due = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  get value(): number {
    return this.#value;
  }

  adjust(p99Ms: number, limitMs: number): void {
    const before = this.#value;
    if (p99Ms > limitMs) this.#value = Math.min(1, before + MORE);
    else if (p99Ms < limitMs * CALM) this.#value = Math.max(0, before - LESS);
    const delayMs = Math.round(p99Ms);
    if (before === 0 && this.#value > 0)
      this.#log.warn({ delayMs }, "overloaded: requests are being refused");
    else if (before > 0 && this.#value === 0) this.#log.info({ delayMs }, "no longer overloaded");
  }

  /** Spreads refusals evenly over requests: three of four rather than by chance. */
  sheds(known: boolean): boolean {
    const share = known ? 2 * this.#value - 1 : 2 * this.#value;
    if (share <= 0) return false;
    this.#due += Math.min(1, share);
    if (this.#due < 1) return false;
    this.#due -= 1;
    return true;
  }
}

/**
 * Tells the 99th percentile of the last two seconds once a second. Two measurements take turns: with one, a look would see
 * what has happened since the last one only, where a single pause of the garbage collector is the 99th percentile.
 */
function watchDelay(eventLoopMs: number, tell: (p99Ms: number) => void): () => void {
  if (eventLoopMs === Infinity) return () => {};
  const delays = [0, 1].map(() => monitorEventLoopDelay({ resolution: RESOLUTION_MS }));
  for (const each of delays) each.enable();
  let turn = 0;
  const timer = setInterval(() => {
    const delay = delays[turn]!;
    turn = 1 - turn;
    tell(delay.percentile(99) / 1e6 - RESOLUTION_MS);
    delay.reset();
  }, LOOK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    for (const each of delays) each.disable();
  };
}

function isProbe(url = ""): boolean {
  return /^\/(?:livez|readyz)(?:\?|$)/.test(url);
}

/** Whether it is a good one is not known yet. Bad ones are held back by themselves (`guesses.ts`). */
function hasCredential({ headers }: IncomingMessage): boolean {
  return headers.authorization !== undefined || headers["x-api-key"] !== undefined;
}

function overloaded({ method }: IncomingMessage): Problem {
  const bodyless = method === "GET" || method === "HEAD" || method === "DELETE";
  return problem("overloaded", {
    // A body that nobody reads would have to be waited for.
    headers: { "retry-after": "1", ...(bodyless ? {} : { connection: "close" }) },
  });
}
