import { randomFillSync } from "node:crypto";

// Random bytes cost a system call, and writing them as text a call into C++: both are done for 256 ids at once.
const pool = Buffer.allocUnsafe(8 * 256);
let digits = "";
let next = 0;

/** 16 hexadecimal digits. */
export function spanId(): string {
  if (next === digits.length) {
    digits = randomFillSync(pool).toString("hex");
    next = 0;
  }
  const id = digits.slice(next, next + 16);
  next += 16;
  return id;
}

/** 32 hexadecimal digits. */
export function traceId(): string {
  return spanId() + spanId();
}
