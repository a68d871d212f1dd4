import { backoffMs } from "./backoff.ts";
import type { DatabaseError } from "./errors.ts";

interface Gate {
  readonly failures: number;
  /** Date.now() milliseconds. */
  readonly openAt: number;
  readonly cause: DatabaseError;
  probing: boolean;
}

/** Databases to which no connection could be opened: each is tried again by one at a time, later and later. */
export class Gates {
  readonly #gates = new Map<string, Gate>();

  get(url: string): Readonly<Gate> | undefined {
    return this.#gates.get(url);
  }

  /** Whether one may try to connect now; then it is the one. */
  enter(url: string): boolean {
    const gate = this.#gates.get(url);
    if (!gate) return true;
    if (gate.probing || gate.openAt > Date.now()) return false;
    gate.probing = true;
    return true;
  }

  /** Connecting failed. Gives the milliseconds until it may be tried again; undefined where that is known already. */
  failed(url: string, cause: DatabaseError): number | undefined {
    const before = this.#gates.get(url);
    // Several that were opening at once failed for one reason.
    if (before && !before.probing && before.openAt > Date.now()) return undefined;
    const failures = (before?.failures ?? 0) + 1;
    const delayMs = backoffMs(failures);
    this.#gates.set(url, { failures, openAt: Date.now() + delayMs, cause, probing: false });
    return delayMs;
  }

  open(url: string): void {
    this.#gates.delete(url);
  }
}
