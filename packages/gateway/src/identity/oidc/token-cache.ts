import { hash } from "node:crypto";
import { Recent } from "@kerf/runtime/authority";
import type { Actor } from "kerf";
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

/** Slots for tokens as they are, and the longest that go there: 2 MiB at most. */
const slots = 1_024;
const slotLength = 2_048;

interface Slot {
  readonly token: string;
  readonly verified: Verified;
}

/**
 * Tokens that were verified before. 10,000 are known by their SHA-256, a tenth of their size. Those of the busiest
 * people stand in slots as they are, since hashing one costs a tenth of a whole request.
 */
export class TokenCache {
  readonly #hashed = new Recent<Verified>(5_000);
  readonly #slots: (Slot | undefined)[] = Array.from({ length: slots }, () => undefined);

  get(token: string): Verified | undefined {
    const slot = this.#slots[slotOf(token)];
    // All of it must be equal. The slot is chosen by the end of the signature, which only who has the token knows: how
    // long the comparison takes tells others nothing.
    if (slot !== undefined && slot.token === token) return slot.verified;
    const verified = this.#hashed.get(hash("sha256", token, "base64"));
    if (verified) this.#place(token, verified);
    return verified;
  }

  set(token: string, verified: Verified): void {
    this.#hashed.set(hash("sha256", token, "base64"), verified);
    this.#place(token, verified);
  }

  delete(token: string): void {
    this.#hashed.delete(hash("sha256", token, "base64"));
    this.#slots[slotOf(token)] = undefined;
  }

  /** How many are known by their hash. */
  get size(): number {
    return this.#hashed.size;
  }

  #place(token: string, verified: Verified): void {
    if (token.length <= slotLength) this.#slots[slotOf(token)] = { token, verified };
  }
}

/** By the end of the signature, but for its last letter, which has fewer values than others. */
function slotOf(token: string): number {
  const end = token.length - 2;
  const mixed = (token.charCodeAt(end) * 31 + token.charCodeAt(end - 1)) * 31 + token.charCodeAt(end - 2);
  return (mixed % slots) | 0;
}
