import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** What a key is, as a file keeps it: all but the key. */
export interface ApiKeyRecord {
  /** 16 hexadecimal digits. Stands in the key, and in logs and lists: it is no secret. */
  readonly id: string;
  /** SHA-256 of the whole key, in hexadecimal. The key has 256 random bits: nobody guesses it, salted or not. */
  readonly sha256: string;
  /** Whom the key stands for: `actor.id` of what is done with it. */
  readonly actor: string;
  readonly roles: readonly string[];
  /** What it is for, in words. */
  readonly note?: string;
  /** ISO 8601, as the two below. */
  readonly createdAt: string;
  /** From then on it is not valid. */
  readonly expiresAt?: string;
  /** Since then it is not valid. */
  readonly revokedAt?: string;
}

/** What somebody who makes a key decides about it. */
export type NewApiKey = Pick<ApiKeyRecord, "actor" | "roles" | "note" | "expiresAt">;

const form = /^kerf_([\da-f]{16})_[\w-]{43}$/;

/** Makes a key. The key itself is in `key` and nowhere else: what is kept is the record. */
export function newApiKey(given: NewApiKey): { readonly key: string; readonly record: ApiKeyRecord } {
  const id = randomBytes(8).toString("hex");
  const key = `kerf_${id}_${randomBytes(32).toString("base64url")}`;
  return { key, record: { id, sha256: sha256(key), ...given, createdAt: new Date().toISOString() } };
}

/** The id of something that has the form of a key; undefined where it has not. */
export function idOfApiKey(key: string): string | undefined {
  return form.exec(key)?.[1];
}

/** Compares in a time that says nothing about either. */
export function isKeyOf(key: string, digest: Buffer): boolean {
  return timingSafeEqual(hash("sha256", key, "buffer"), digest);
}

function sha256(key: string): string {
  return hash("sha256", key, "hex");
}
