import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { surrogateKeyOf } from "./surrogate.ts";

export interface PurgerOptions {
  readonly url: URL;
  /** The value of `tokenHeader`; no such header where absent. */
  readonly token: string | undefined;
  /** `authorization: Bearer <token>` where absent. */
  readonly tokenHeader?: string | undefined;
  readonly log: Logger;
  /** The first pause after a failure; doubles to a minute. Default 500 ms. */
  readonly pauseMs?: number;
}

/** Tells a CDN what is old. */
export interface Purger {
  /** Soon, and again until it worked. Returns at once. */
  purge(tags: readonly string[]): void;
  /** Keys that the CDN does not know of yet. */
  readonly waiting: number;
  /** Tries for `graceMs` to tell the rest. */
  close(graceMs: number): Promise<void>;
}

/** As many as every CDN takes in one request. */
const KEYS_AT_ONCE = 30;
/** What comes within so long is told together. */
const GATHER_MS = 20;
const ANSWER_MS = 10_000;
const PAUSE_MS = { first: 500, most: 60_000 } as const;
/** More become those of whole queries. */
const MOST_WAITING = 10_000;

/** Makes a purger. It keeps what it has not told in memory: a process that dies tells it after its restart, from the log. */
export function openPurger(options: PurgerOptions): Purger {
  const { log, pauseMs = PAUSE_MS.first } = options;
  const keys = new Set<string>();
  const stopping = new AbortController();
  let working: Promise<void> | undefined;
  let failing = false;
  let closing = false;
  let underWay = 0;

  async function work(): Promise<void> {
    let failures = 0;
    const rest = (ms: number) =>
      sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    while (keys.size > 0 && !stopping.signal.aborted) {
      if (!closing && failures === 0) await rest(GATHER_MS);
      const some = [...keys].slice(0, KEYS_AT_ONCE);
      // What becomes old again while this is under way is told again.
      for (const key of some) keys.delete(key);
      underWay = some.length;
      const reason = await tell(options, some, stopping.signal);
      underWay = 0;
      if (reason === undefined) {
        if (failing) log.info("the CDN is told again of what is old");
        failing = false;
        failures = 0;
        continue;
      }
      for (const key of some) keys.add(key);
      if (!failing)
        log.error({ reason }, "the CDN could not be told of what is old; it gives old answers until it is");
      failing = true;
      await rest(Math.min(pauseMs * 2 ** failures++, PAUSE_MS.most) * (0.8 + 0.4 * Math.random()));
    }
  }

  function start(): void {
    working ??= work().finally(() => {
      working = undefined;
      if (keys.size > 0 && !stopping.signal.aborted) start();
    });
  }

  return {
    purge(tags) {
      for (const tag of tags) keys.add(surrogateKeyOf(tag));
      if (keys.size > MOST_WAITING) {
        const wide = new Set([...keys].map((key) => key.replace(/-[\w-]{16}$/, "")));
        keys.clear();
        for (const key of wide) keys.add(key);
      }
      start();
    },
    get waiting() {
      return keys.size + underWay;
    },
    async close(graceMs) {
      closing = true;
      const late = setTimeout(() => stopping.abort(), graceMs);
      await working;
      clearTimeout(late);
      stopping.abort();
    },
  };
}

/** Why it did not work; undefined where it did. Never follows a redirect: the token would go there. */
async function tell(
  { url, token, tokenHeader }: PurgerOptions,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const credential =
    token === undefined
      ? {}
      : tokenHeader === undefined
        ? { authorization: `Bearer ${token}` }
        : { [tokenHeader]: token };
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { ...credential, "content-type": "application/json", "surrogate-key": keys.join(" ") },
      body: JSON.stringify({ tags: keys }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `it answered ${response.status}`;
  } catch (error) {
    const { cause, message } = error as Error & { cause?: Error };
    return cause?.message ?? message;
  }
}
