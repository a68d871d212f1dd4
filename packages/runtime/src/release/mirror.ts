import { isDeepStrictEqual } from "node:util";
import { DeclaredError, StatusError, type AnyCommand, type AnyQuery } from "kerf";
import type { Router } from "../call/router.ts";
import type { Clock } from "../clock/clock.ts";
import type { CallRequest } from "../transport/transport.ts";
import { readShape } from "../validate/index.ts";
import { differences } from "./differences.ts";
import type { Trial } from "./trial.ts";

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** As many copies may be under way at once: the rest is not sent, and counted. */
const atOnce = 16;
/** Nobody waits for a copy. */
const copyMs = 2_000;
const leastSlowerMs = 10;

/**
 * Sends copies of queries to a new version, after their caller was answered, and compares the answers. What comes of a
 * copy is counted, and nothing else: the caller neither waits for it nor hears of it.
 */
export class Mirror {
  readonly #router: Router;
  readonly #clock: Clock;
  #under = 0;

  constructor(router: Router, clock: Clock) {
    this.#router = router;
    this.#clock = clock;
  }

  /** Whether a call is to be copied: a share of the queries, and never a command. */
  draws({ release, weight: _weight, mirror }: Trial, member: AnyQuery | AnyCommand): boolean {
    if (release.mirror === 0 || member.kind !== "query") return false;
    if (this.#clock.random() * 100 >= release.mirror) return false;
    if (this.#under < atOnce) return true;
    mirror.skip();
    return false;
  }

  send(trial: Trial, member: AnyQuery, request: CallRequest, answered: Outcome, tookMs: number): void {
    if (this.#under >= atOnce) return trial.mirror.skip();
    this.#under += 1;
    // Later: what it costs to send, the caller must not wait for either.
    this.#clock.after(0, () => {
      this.#copy(trial, member, request, answered, tookMs)
        .catch(() => {})
        .finally(() => (this.#under -= 1));
    });
  }

  async #copy(
    trial: Trial,
    member: AnyQuery,
    { input, header }: CallRequest,
    answered: Outcome,
    tookMs: number,
  ): Promise<void> {
    const since = this.#clock.now();
    const { service, to } = trial.release;
    const copy: CallRequest = {
      member: member.id,
      input,
      // It sees the new version throughout, and is not repeated.
      header: { ...header, deadlineAt: since + copyMs, retry: true, release: `${service}=next` },
    };
    const found: Outcome = await this.#router.callUnit(to, member, copy, undefined).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const ms = this.#clock.now() - since;
    const slower = ms > 2 * tookMs && ms - tookMs >= leastSlowerMs;
    if ("value" in answered && "value" in found) {
      const equal = isDeepStrictEqual(answered.value, found.value);
      const paths = equal
        ? []
        : differences(readShape(member.output, member.id), answered.value, found.value);
      return trial.mirror.count(member.id, equal ? "equal" : "different", slower, paths);
    }
    const [before, now] = [codeOf(answered), codeOf(found)];
    if (before === now) return trial.mirror.count(member.id, "equal", slower, []);
    const failed = before === undefined && !("error" in found && found.error instanceof DeclaredError);
    trial.mirror.count(member.id, failed ? "failed" : "different", slower, [
      `(${before ?? "ok"} → ${now ?? "ok"})`,
    ]);
  }
}

/** The code of what it ended in; undefined where it was answered. */
function codeOf(outcome: Outcome): string | undefined {
  if ("value" in outcome) return undefined;
  const { error } = outcome;
  return error instanceof DeclaredError ? error.code : StatusError.from(error).code;
}
