import type { Deadline } from "./clock.ts";

/** One timer serves all deadlines; it may be this much late. */
const bucketMs = 16;

/** One deadline in the ring of its bucket. A ring: most are forgotten soon, and that must cost next to nothing. */
class Entry implements Deadline {
  before: Entry = this;
  after: Entry = this;
  readonly expire: () => void;

  constructor(expire: () => void) {
    this.expire = expire;
  }

  forget(): void {
    this.before.after = this.after;
    this.after.before = this.before;
    this.before = this.after = this;
  }
}

/**
 * The head of each bucket's ring. Counted by the monotonic clock: the other one steps, and then deadlines would come at
 * once or not for a long time.
 */
const buckets = new Map<number, Entry>();
let latest = { bucket: 0, head: new Entry(() => {}) };
let swept = 0;
/** Both clocks as they were at the last sweep: reading one costs as much as half the rest of a call. */
const looked = { wall: 0, monotonic: 0 };
/** What is due further away than this, or before the last sweep, may come of a clock that stepped: then look again. */
const nearMs = 15_000;
let timer: NodeJS.Timeout | undefined;

/** Calls `expire` once `at` (Date.now() ms) has passed. A timer of its own would cost each call more than the call. */
export function expireAt(at: number, expire: () => void): Deadline {
  if (!timer) {
    swept = look() - 1;
    timer = setInterval(sweep, bucketMs);
    timer.unref();
  }
  const bucket = Math.max(Math.ceil((looked.monotonic + ahead(at)) / bucketMs), swept + 1);
  const head = headOf(bucket);
  const entry = new Entry(expire);
  entry.after = head;
  entry.before = head.before;
  entry.before.after = head.before = entry;
  return entry;
}

/** Calls that begin together end in the same bucket, mostly. */
function headOf(bucket: number): Entry {
  if (latest.bucket === bucket && bucket > swept) return latest.head;
  let head = buckets.get(bucket);
  if (!head) buckets.set(bucket, (head = new Entry(() => {})));
  latest = { bucket, head };
  return head;
}

/** How much later than the last look `at` is. */
function ahead(at: number): number {
  const ms = at - looked.wall;
  if (ms >= 0 && ms <= nearMs) return ms;
  look();
  return at - looked.wall;
}

/** Gives the bucket that ends now. */
function look(): number {
  looked.monotonic = performance.now();
  looked.wall = Date.now();
  return Math.floor(looked.monotonic / bucketMs);
}

function sweep(): void {
  const now = look();
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
  const head = buckets.get(bucket);
  if (!head) return;
  buckets.delete(bucket);
  if (latest.head === head) latest = { bucket: 0, head: new Entry(() => {}) };
  while (head.after !== head) {
    const entry = head.after;
    entry.forget();
    entry.expire();
  }
}
