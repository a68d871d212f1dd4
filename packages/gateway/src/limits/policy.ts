import type { Quota, Quotas } from "kerf";
import type { Count, Counter } from "./window.ts";

/** One window that is counted, under the name that clients see. */
export interface Policy {
  readonly name: string;
  readonly quota: Quota;
  readonly counter: Counter;
}

/** The policies of one limit: `name`, and `name-burst` where it has one. */
export function policiesOf(
  name: string,
  quotas: Quotas | undefined,
  counterOf: (name: string, quota: Quota) => Counter,
): readonly Policy[] {
  if (quotas === undefined) return [];
  const policy = (its: string, quota: Quota): Policy => ({
    name: its,
    quota,
    counter: counterOf(its, quota),
  });
  const { rate, burst } = quotas;
  return [...(burst === undefined ? [] : [policy(`${name}-burst`, burst)]), policy(name, rate)];
}

/**
 * The value of `RateLimit-Policy`: what the limits are. Names are of members and apps, which need no escaping.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10#section-3
 */
export function policyField(policies: readonly Policy[]): string {
  return policies.map(({ name, quota }) => `"${name}";q=${quota.count};w=${quota.seconds}`).join(", ");
}

/**
 * The value of `RateLimit`: what is left of each, and in how many seconds it begins anew.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10#section-4
 */
export function remainingField(policies: readonly Policy[], counts: readonly Count[]): string {
  let field = "";
  for (const [i, { name }] of policies.entries()) {
    const { remaining, resetMs } = counts[i]!;
    field += `${i === 0 ? "" : ", "}"${name}";r=${remaining};t=${secondsOf(resetMs)}`;
  }
  return field;
}

export function secondsOf(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
