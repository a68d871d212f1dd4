import { DeclaredError, StatusError, type Ask, type Log, type Part, type Parts } from "kerf";
import type { Clock } from "../clock/clock.ts";
import { deadlineExceeded, deadlineSignal } from "./deadline.ts";
import type { LeftOut } from "./left-out.ts";

export interface GatherParts {
  readonly clock: Clock;
  /** The member whose handler asks. */
  readonly member: string;
  /** The caller's own. */
  readonly deadlineAt: number;
  readonly incoming: AbortSignal | undefined;
  /** What a part has where it does not say. */
  readonly timeoutMs: number;
  readonly leftOut: Pick<LeftOut, "report">;
  readonly log: () => Log;
}

/** An answer without some of its parts still has to be made and sent before its caller stops waiting. */
const reserveMs = (leftMs: number): number => Math.min(50, leftMs / 5);

/** Asks for all parts at once; see `Gather`. Whatever becomes of a part, its rejection is handled. */
export async function gather(parts: Parts, given: GatherParts): Promise<Record<string, unknown>> {
  const { clock, deadlineAt } = given;
  const now = clock.now();
  const whole = deadlineSignal(clock, deadlineAt, given.incoming);
  const stop = new AbortController();
  const unfollow = follow(whole.signal, stop);
  const optionalBy = deadlineAt - reserveMs(Math.max(0, deadlineAt - now));
  const found: Record<string, unknown> = {};
  const asked = Object.entries(parts).map(async ([name, part]) => {
    const { ask, withinMs, otherwise }: Part<unknown> =
      typeof part === "function" ? { ask: part, withinMs: undefined, otherwise: undefined } : part;
    const at = Math.min(otherwise ? optionalBy : deadlineAt, now + (withinMs ?? given.timeoutMs));
    try {
      found[name] = await askWithin(ask, {
        clock,
        now,
        at,
        what: `the part "${name}" of ${given.member}`,
        stop: stop.signal,
      });
    } catch (error) {
      // Nobody waits for the answer any more: there is nothing to leave the part out of.
      if (!otherwise || stop.signal.aborted) throw error;
      const known = error instanceof DeclaredError ? error : StatusError.from(error);
      given.leftOut.report({ member: given.member, part: name, error: known }, given.log, clock.now());
      found[name] = otherwise({ ok: false, code: known.code, error: known });
    }
  });
  try {
    await Promise.all(asked);
  } finally {
    unfollow();
    whole.dispose();
    stop.abort(new StatusError("CANCELLED", `${given.member} has its answer, or will have none`));
  }
  // In the order in which they were asked for.
  return Object.fromEntries(Object.keys(parts).map((name) => [name, found[name]]));
}

/** What `ask` brings by `at`. Who heeds no signal is not waited for. */
function askWithin(
  ask: Ask<unknown>,
  { clock, now, at, what, stop }: { clock: Clock; now: number; at: number; what: string; stop: AbortSignal },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(stop.reason as Error);
    const own = new AbortController();
    const end = (reason: unknown): void => {
      reject(reason as Error);
      own.abort(reason);
    };
    const stopped = (): void => end(stop.reason);
    const deadline = clock.deadline(at, () => end(deadlineExceeded(what)));
    stop.addEventListener("abort", stopped, { once: true });
    const settled = (): void => {
      deadline.forget();
      stop.removeEventListener("abort", stopped);
    };
    // It may throw before it has a promise.
    new Promise((asked) => asked(ask({ timeoutMs: Math.max(0, at - now), signal: own.signal }))).then(
      (value) => (settled(), resolve(value)),
      (error: unknown) => (settled(), reject(error as Error)),
    );
  });
}

function follow(parent: AbortSignal, child: AbortController): () => void {
  const abort = (): void => child.abort(gone(parent.reason));
  if (parent.aborted) abort();
  else parent.addEventListener("abort", abort, { once: true });
  return () => parent.removeEventListener("abort", abort);
}

/** Who goes away leaves a reason of its own making; what a handler throws is a status. */
function gone(reason: unknown): StatusError {
  return reason instanceof StatusError
    ? reason
    : new StatusError("CANCELLED", "the caller went away", { cause: reason });
}
