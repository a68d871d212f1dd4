import { StatusError } from "kerf";
import type { Clock } from "../clock/clock.ts";

/** Work with less than this left is refused: its reply would come too late. */
export const leastMs = 5;
/**
 * Rejects with DEADLINE_EXCEEDED when `work` has not settled by `at`. The work itself goes on: stop it by `signal`.
 * `told` turns what it fails with into what its caller is told.
 */
export function bounded<T>(
  clock: Clock,
  work: Promise<T>,
  at: number,
  what: string,
  told?: (error: unknown) => Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const deadline = clock.deadline(at, () => reject(deadlineExceeded(what)));
    work.then(
      (value) => {
        deadline.forget();
        resolve(value);
      },
      (error: unknown) => {
        deadline.forget();
        reject(told ? told(error) : (error as Error));
      },
    );
  });
}

export function deadlineExceeded(what: string): StatusError {
  return new StatusError(
    "DEADLINE_EXCEEDED",
    `${what} had not answered by its deadline; it may still have happened`,
  );
}

/** A signal that aborts at `at` or with `parent`. The disposer ends its watch. */
export function deadlineSignal(
  clock: Clock,
  at: number,
  parent: AbortSignal | undefined,
): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const deadline = clock.deadline(at, () => controller.abort(deadlineExceeded("the work")));
  const follow = (): void => controller.abort(parent!.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    dispose: () => {
      deadline.forget();
      parent?.removeEventListener("abort", follow);
    },
  };
}
