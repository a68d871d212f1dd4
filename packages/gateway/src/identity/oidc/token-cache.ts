import type { Actor } from "kerf";
import { hash } from "node:crypto";
import type { ProviderKeys } from "./provider-keys.ts";

/** What a token was found to say. */
export interface Verified {
  readonly actor: Actor;
  /** Date.now() milliseconds from which on it counts no more. */
  readonly endsAt: number;
  /** By whose keys, and which of them: it counts as long as they do. */
  readonly keys: ProviderKeys;
  readonly generation: number;
}

/**
 * Tokens that were verified before, by their SHA-256: a tenth of their size, and nobody who reads the memory of this
 * process has a token. At most twice `half` of them; those that were not used longest go first, by halves.
 */
export class TokenCache {
  readonly #half: number;
  #young = new Map<string, Verified>();
  #old = new Map<string, Verified>();

  constructor(half = 5_000) {
    this.#half = half;
  }

  static keyOf(token: string): string {
    return hash("sha256", token, "base64");
  }

  get(key: string): Verified | undefined {
    const young = this.#young.get(key);
    if (young) return young;
    const old = this.#old.get(key);
    if (old) this.set(key, old);
    return old;
  }

  set(key: string, value: Verified): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
