import { randomFillSync } from "node:crypto";

// Random bytes cost a system call, and writing them as text a call into C++: both are done for many ids at once.
const pool = Buffer.allocUnsafe(8 * 512);
let digits = "";
let next = 0;

/** So many hexadecimal digits. */
function take(count: number): string {
  if (next + count > digits.length) {
    digits = randomFillSync(pool).toString("hex");
    next = 0;
  }
  return digits.slice(next, (next += count));
}

/** 16 hexadecimal digits. */
export function spanId(): string {
  return take(16);
}

/** 32 hexadecimal digits. */
export function traceId(): string {
  return take(32);
}
