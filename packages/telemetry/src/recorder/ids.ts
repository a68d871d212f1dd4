import { randomFillSync } from "node:crypto";

// Random bytes cost a system call, and writing them as text a call into C++: both are done for many ids at once.
const pool = Buffer.allocUnsafe(8 * 512);
let digits = "";
let next = 0;

/** 16 hexadecimal digits. */
export function spanId(): string {
  if (next === digits.length) {
    digits = randomFillSync(pool).toString("hex");
    next = 0;
  }
  return digits.slice(next, (next += 16));
}

/** The length of a W3C trace context, `00-<32>-<16>-<2>`. */
export const contextLength = 55;

const contextsAtOnce = 128;
const idDigits = 32 + 16;

/**
 * Makes contexts of traces that begin here, each with what `chooses` says of its trace id. They are made many at once, as one
 * text: to take a piece of it is cheaper than to put together each of them when it is asked for.
 */
export function contextMaker(chooses: (traceId: string) => boolean): () => string {
  const bytes = Buffer.allocUnsafe((idDigits / 2) * contextsAtOnce);
  let text = "";
  let at = 0;

  function make(): string {
    const all = randomFillSync(bytes).toString("hex");
    const made: string[] = [];
    for (let i = 0; i < all.length; i += idDigits) {
      const trace = all.slice(i, i + 32);
      made.push(`00-${trace}-${all.slice(i + 32, i + idDigits)}-${chooses(trace) ? "01" : "00"}`);
    }
    return made.join("");
  }

  return () => {
    if (at === text.length) {
      text = make();
      at = 0;
    }
    return text.slice(at, (at += contextLength));
  };
}
