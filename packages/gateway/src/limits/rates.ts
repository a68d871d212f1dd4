import type { RedisClient } from "@kerf/runtime/redis";
import { readLimit, StatusError, type AppLimits, type Limit, type Quota } from "kerf";
import type { Logger } from "pino";
import type { Exchange } from "../exchange.ts";
import { problem, problemOfStatusError, type Problem } from "../problems/problem.ts";
import type { Refuse, Stage, Step } from "../stage.ts";
import { addressGroup, clientAddress } from "./address.ts";
import { SharedCounting } from "./failover.ts";
import { guardIdentity, type GuardIdentity } from "./guesses.ts";
import { policiesOf, policyField, remainingField, secondsOf, type Policy } from "./policy.ts";
import { countInMemory, countInRedis, type Count, type Counter } from "./window.ts";

/**
 * What a stranger may ask where nobody says otherwise. A household or an office behind one address does not come near it;
 * it is there so that one address cannot take a gateway's whole time.
 */
export const strangersLimit: Limit = { rate: "3000/m", burst: "200/s" };

export interface RateLimitOptions {
  /** Of the application: its counts in Redis are its own. */
  readonly app: string;
  readonly limits: AppLimits | undefined;
  /** Whether others than this machine can ask. Where none can, nothing is limited but what is declared. */
  readonly reachedByOthers: boolean;
  /** How many proxies of one's own every request passes. */
  readonly trustedProxies: number;
  /** Where the gateways of an application count together; each counts alone where absent. */
  readonly redis?: RedisClient | undefined;
  readonly log: Logger;
}

export interface RateLimits {
  /**
   * Counts the requests of one route, when it is known who asks; none where nothing is counted.
   * @param name of the route's own limit, which is counted beside that of the app
   */
  stages(name: string, limit: Limit | undefined, refuse: Refuse): readonly Stage[];
  readonly guardIdentity: GuardIdentity;
}

/** @throws DeclarationError for a limit that is none */
export function rateLimits(options: RateLimitOptions): RateLimits {
  const counterOf = counters(options);
  const limits = appLimits(options);
  const ofApp = (who: "strangers" | "known") => {
    const limit = limits[who];
    const quotas = limit && readLimit(limit, `gateway.limits.${who}`);
    return policiesOf(who, quotas, counterOf);
  };
  const strangers = ofApp("strangers");
  const known = ofApp("known");

  return {
    guardIdentity: options.reachedByOthers
      ? guardIdentity(options.trustedProxies)
      : (makeStage, refuse) => makeStage(refuse),
    stages(name, limit, refuse) {
      if (limit === "none") return [];
      const own = policiesOf(name, limit && readLimit(limit, `${name}.limit`), counterOf);
      if (own.length + strangers.length + known.length === 0) return [];
      const countStranger = counting([...own, ...strangers], refuse);
      const countKnown = counting([...own, ...known], refuse);
      const stage: Stage = (next) => (exchange) => {
        const { actor, request } = exchange;
        if (actor !== undefined) return countKnown(`by ${actor.id}`, exchange, next);
        const from = addressGroup(clientAddress(request, options.trustedProxies));
        countStranger(`from ${from}`, exchange, next);
      };
      return [stage];
    },
  };
}

/** Redis where there is one, with this process as its stand-in. */
function counters({ app, redis, log }: RateLimitOptions): (name: string, quota: Quota) => Counter {
  if (redis === undefined) return (_name, quota) => countInMemory(quota);
  const sharing = new SharedCounting(log);
  return (name, quota) =>
    sharing.counter(countInRedis(quota, redis, `kerf:${app}:rate:${name}`), countInMemory(quota));
}

type CountRequest = (caller: string, exchange: Exchange, next: Step) => void;

function counting(policies: readonly Policy[], refuse: Refuse): CountRequest {
  if (policies.length === 0) return (_caller, exchange, next) => next(exchange);
  const declared = policyField(policies);
  return (caller, exchange, next) => {
    function decide(counts: readonly Count[]): void {
      exchange.headers.push("ratelimit-policy", declared, "ratelimit", remainingField(policies, counts));
      if (counts.some(({ exceeded }) => exceeded)) refuse(exchange, exceededProblem(policies, counts));
      else next(exchange);
    }
    void Promise.all(policies.map(({ counter }) => counter(caller))).then(decide, (error: unknown) =>
      refuse(exchange, problemOfStatusError(StatusError.from(error))),
    );
  };
}

function exceededProblem(policies: readonly Policy[], counts: readonly Count[]): Problem {
  const exceeded = policies.filter((_policy, i) => counts[i]!.exceeded);
  const waitMs = Math.max(...counts.map((count) => (count.exceeded ? count.resetMs : 0)));
  const { count, seconds } = exceeded.at(-1)!.quota;
  return {
    ...problem("too-many-requests", {
      detail: `More than ${count} requests within ${seconds} s. Wait for the time in Retry-After.`,
      headers: { "retry-after": String(secondsOf(waitMs)) },
    }),
    extensions: { "violated-policies": exceeded.map(({ name }) => name) },
  };
}

/**
 * With those that hold where the app says nothing. A gateway that only this machine reaches has none: there is nobody to
 * protect it from, and whoever works or measures there asks from one address.
 */
function appLimits({ limits, reachedByOthers }: RateLimitOptions): AppLimits {
  return reachedByOthers ? { strangers: strangersLimit, ...limits } : (limits ?? {});
}
