import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

// OWASP's smallest parameters for scrypt: N = 2^17, r = 8, p = 1, which takes 128 MiB for a moment.
const N = 2 ** 17;
const R = 8;
const P = 1;
const BYTES = 32;

/** Gives `scrypt$<N>$<r>$<p>$<salt>$<key>`, base64url: what stands in `passwordHash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await keyOf(password, salt, N, R, P);
  return ["scrypt", N, R, P, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** Compares in constant time. False for a hash that is none. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const found = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,})\$([\w-]{43})$/.exec(hash);
  if (!found) return false;
  const [n, r, p] = [Number(found[1]), Number(found[2]), Number(found[3])] as const;
  const key = await keyOf(password, Buffer.from(found[4]!, "base64url"), n, r, p);
  return timingSafeEqual(key, Buffer.from(found[5]!, "base64url"));
}

async function keyOf(password: string, salt: Buffer, n: number, r: number, p: number): Promise<Buffer> {
  return await derive(password.normalize("NFKC"), salt, BYTES, { N: n, r, p, maxmem: 256 * n * r });
}
