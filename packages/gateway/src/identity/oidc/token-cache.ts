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

/** Tokens that were verified before, 10,000 at most, by {@link keyOf}. */
export function tokenCache(): Recent<Verified> {
  return new Recent(5_000);
}

/** The SHA-256 of a token: a tenth of its size, and nobody who reads the memory of this process has a token. */
export function keyOf(token: string): string {
  return hash("sha256", token, "base64");
}
