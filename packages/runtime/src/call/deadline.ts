import { StatusError } from "kerf";

/** Work with less than this left is refused: its reply would come too late. */
export const leastMs = 5;
/** One timer serves all deadlines; it may be this much late. */
const bucketMs = 16;

interface Entry {
  readonly bucket: number;
  readonly expire: () => void;
}

/** By the monotonic clock: the other one steps, and then deadlines would come at once or not for a long time. */
const buckets = new Map<number, Set<Entry>>();
let swept = 0;
let timer: NodeJS.Timeout | undefined;

/** Calls `expire` once `at` (Date.now() ms) has passed. A timer of its own would cost each call more than the call. */
export function expireAt(at: number, expire: () => void): Entry {
  const bucket = Math.max(Math.ceil((performance.now() + at - Date.now()) / bucketMs), swept + 1);
  const entry = { bucket, expire };
  const found = buckets.get(bucket);
  if (found) found.add(entry);
  else buckets.set(bucket, new Set([entry]));
  if (!timer) {
    swept = Math.floor(performance.now() / bucketMs) - 1;
    timer = setInterval(sweep, bucketMs);
    timer.unref();
  }
  return entry;
}

export function forget(entry: Entry): void {
  buckets.get(entry.bucket)?.delete(entry);
}

function sweep(): void {
  const now = Math.floor(performance.now() / bucketMs);
  if (now - swept > buckets.size + 1_000) {
    // The process slept: look at what is there instead of at every tick between.
    for (const bucket of buckets.keys()) if (bucket <= now) expireBucket(bucket);
  } else {
    for (let bucket = swept + 1; bucket <= now; bucket++) expireBucket(bucket);
  }
  swept = Math.max(swept, now);
  if (buckets.size === 0 && timer) {
    clearInterval(timer);
    timer = undefined;
  }
}

function expireBucket(bucket: number): void {
  const entries = buckets.get(bucket);
  if (!entries) return;
  buckets.delete(bucket);
  for (const entry of entries) entry.expire();
}

/** Rejects with DEADLINE_EXCEEDED when `work` has not settled by `at`. The work itself goes on: stop it by `signal`. */
export function bounded<T>(work: Promise<T>, at: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const entry = expireAt(at, () => reject(deadlineExceeded(what)));
    work.then(
      (value) => {
        forget(entry);
        resolve(value);
      },
      (error: unknown) => {
        forget(entry);
        reject(error as Error);
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
  at: number,
  parent: AbortSignal | undefined,
): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const entry = expireAt(at, () => controller.abort(deadlineExceeded("the work")));
  const follow = (): void => controller.abort(parent!.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    dispose: () => {
      forget(entry);
      parent?.removeEventListener("abort", follow);
    },
  };
}
