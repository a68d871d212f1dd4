import type { Quota } from "kerf";
import type { Exchange } from "../exchange.ts";
import { problem, type Problem } from "../problems/problem.ts";
import type { Refuse, Stage } from "../stage.ts";
import { addressGroup, clientAddress } from "./address.ts";
import { secondsOf } from "./policy.ts";
import { countInMemory } from "./window.ts";

/** What one address may send of credentials that are not valid. An office whose tokens all expire at once stays below. */
const GUESSES: Quota = { count: 300, seconds: 60 };
/** Addresses that are remembered as having guessed too often: the earliest are forgotten first. */
const REMEMBERED = 10_000;

/**
 * Holds back addresses that try one bad credential after another: looking at a signature costs more than all else that the
 * gateway does with a request, and who guesses is no known caller that could be counted. Given the stage that finds out who
 * asks, it makes one that does so for others only.
 */
export type GuardIdentity = (makeStage: (refuse: Refuse) => Stage, refuse: Refuse) => Stage;

export function guardIdentity(trustedProxies: number, quota = GUESSES): GuardIdentity {
  const count = countInMemory(quota);
  const heldUntil = new Map<string, number>();
  const groupOf = ({ request }: Exchange) => addressGroup(clientAddress(request, trustedProxies));

  function heldFor(exchange: Exchange): number {
    const { authorization, "x-api-key": key } = exchange.request.headers;
    if (authorization === undefined && key === undefined) return 0;
    return (heldUntil.get(groupOf(exchange)) ?? 0) - Date.now();
  }
  async function noteBad(exchange: Exchange): Promise<void> {
    const group = groupOf(exchange);
    const { remaining, resetMs } = await count(group);
    if (remaining > 0) return;
    if (heldUntil.size >= REMEMBERED) heldUntil.delete(heldUntil.keys().next().value!);
    heldUntil.set(group, Date.now() + resetMs);
  }

  return (makeStage, refuse) => {
    const stage = makeStage((exchange, found) => {
      // Where there was no credential there is no cause.
      if (found.status === 401 && found.cause !== undefined) void noteBad(exchange);
      refuse(exchange, found);
    });
    return (next) => {
      const identify = stage(next);
      return (exchange) => {
        const waitMs = heldUntil.size === 0 ? 0 : heldFor(exchange);
        if (waitMs > 0) refuse(exchange, heldBack(waitMs));
        else identify(exchange);
      };
    };
  };
}

function heldBack(waitMs: number): Problem {
  return problem("too-many-requests", {
    detail: "Too many credentials from this address were not valid. Wait for the time in Retry-After.",
    headers: { "retry-after": String(secondsOf(waitMs)) },
  });
}
