import {
  DeclaredError,
  serviceNameOf,
  StatusError,
  type AnyCommand,
  type AnyQuery,
  type Log,
  type StatusCode,
} from "kerf";
import { leastMs } from "../call/deadline.ts";
import type { Router } from "../call/router.ts";
import type { Clock } from "../clock/clock.ts";
import type { CallHeader, CallRequest } from "../transport/transport.ts";
import { choose, chosenFor, type Side } from "./choice.ts";
import { Mirror } from "./mirror.ts";
import type { Release } from "./release.ts";
import { Trial, type ReleaseStatus } from "./trial.ts";

export interface ReleasedRouterParts {
  readonly router: Router;
  /** What is released now; read at each call. */
  readonly releases: () => ReadonlyMap<string, Release>;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether a service has a database: a command of it may then be repeated with its id, whatever became of it. */
  readonly stored: (service: string) => boolean;
}

/** A router that sends a part of the calls to new versions of services. */
export interface ReleasedRouter extends Router {
  releases(): readonly ReleaseStatus[];
}

export function releasedRouter(parts: ReleasedRouterParts): ReleasedRouter {
  const { router, clock, log } = parts;
  const trials = new Map<string, Trial>();
  const mirror = new Mirror(router, clock);
  let known: ReadonlyMap<string, Release> = new Map();

  /** What changed begins anew; what stayed the same goes on. */
  function follow(now: ReadonlyMap<string, Release>): void {
    for (const service of known.keys()) if (!now.has(service)) trials.delete(service);
    for (const [service, release] of now)
      if (JSON.stringify(trials.get(service)?.release) !== JSON.stringify(release))
        trials.set(service, new Trial(release, clock, log));
    known = now;
  }

  function look(): void {
    const now = parts.releases();
    if (now !== known) follow(now);
  }

  /** Chooses for the services for which nothing was chosen yet, so that the whole request sees one version of each. */
  function decided({ header }: CallRequest): string {
    let chosen = header.release;
    for (const [service, trial] of trials) {
      if (chosenFor(chosen, service) !== undefined) continue;
      const side = choose(trial.release, header, trial.weight);
      chosen = chosen === undefined ? `${service}=${side}` : `${chosen},${service}=${side}`;
    }
    return chosen!;
  }

  async function toNext(
    trial: Trial,
    member: AnyQuery | AnyCommand,
    request: CallRequest,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const { header } = request;
    const since = clock.now();
    // A query leaves time for asking the other version.
    const isQuery = member.kind === "query" && !header.retry;
    const deadlineAt = isQuery ? since + (header.deadlineAt - since) / 2 : header.deadlineAt;
    try {
      const sent = { ...request, header: { ...header, deadlineAt } };
      const reply = await router.callUnit(trial.release.to, member, sent, signal);
      trial.record("next", true, clock.now() - since);
      return reply;
    } catch (error) {
      const failed = isFault(error);
      if (!signal?.aborted) trial.record("next", !failed, clock.now() - since);
      if (!failed || signal?.aborted || header.deadlineAt - clock.now() < leastMs) throw error;
      if (!mayRepeat(member, header, error, parts.stored)) throw error;
      return router.call(member, { ...request, header: { ...header, retry: true } }, signal);
    }
  }

  async function toCurrent(
    trial: Trial,
    member: AnyQuery | AnyCommand,
    request: CallRequest,
    signal: AbortSignal | undefined,
    now: number | undefined,
  ): Promise<unknown> {
    const since = now ?? clock.now();
    const copied = mirror.draws(trial, member);
    let outcome: { readonly value: unknown } | { readonly error: unknown };
    try {
      outcome = { value: await router.call(member, request, signal, now) };
    } catch (error) {
      outcome = { error };
    }
    const ms = clock.now() - since;
    if (!signal?.aborted) trial.record("current", !("error" in outcome) || !isFault(outcome.error), ms);
    if (copied) mirror.send(trial, member as AnyQuery, request, outcome, ms);
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  return {
    call(member, request, signal, now) {
      look();
      if (trials.size === 0) return router.call(member, request, signal, now);
      const release = decided(request);
      const service = serviceNameOf(member.id);
      const trial = trials.get(service);
      const sent =
        release === request.header.release ? request : { ...request, header: { ...request.header, release } };
      if (!trial) return router.call(member, sent, signal, now);
      const side: Side = chosenFor(release, service) ?? "current";
      return side === "next"
        ? toNext(trial, member, sent, signal)
        : toCurrent(trial, member, sent, signal, now);
    },
    callUnit: (unit, member, request, signal) => router.callUnit(unit, member, request, signal),
    addressOf: (service) => router.addressOf(service),
    close: () => router.close(),
    releases() {
      look();
      return [...trials.values()].map((trial) => trial.status());
    },
  };
}

/** What the caller is not at fault for. A wrong secret or table of who may call is the new version's fault, too. */
const faults: readonly StatusCode[] = [
  "UNAVAILABLE",
  "INTERNAL",
  "UNKNOWN",
  "DATA_LOSS",
  "UNIMPLEMENTED",
  "DEADLINE_EXCEEDED",
  "RESOURCE_EXHAUSTED",
  "PERMISSION_DENIED",
  "UNAUTHENTICATED",
];

export function isFault(error: unknown): boolean {
  if (error instanceof DeclaredError) return false;
  return !(error instanceof StatusError) || faults.includes(error.code);
}

/** A command with an id is settled by its record, which both versions share: repeating it has no second effect. */
function mayRepeat(
  member: AnyQuery | AnyCommand,
  header: CallHeader,
  error: unknown,
  stored: (service: string) => boolean,
): boolean {
  if (header.retry) return false;
  if (member.kind === "query") return true;
  if (header.id === undefined) return false;
  return stored(serviceNameOf(member.id)) || (error instanceof StatusError && error.code === "UNAVAILABLE");
}
