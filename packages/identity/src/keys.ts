import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Keys that sign tokens (ES256), and secrets that sign cookies. The newest is first; the others only verify. */
export interface Keys {
  readonly madeAt: number;
  readonly signing: readonly SigningKey[];
  readonly cookies: readonly string[];
}

export interface SigningKey {
  readonly kty: "EC";
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  readonly d: string;
  readonly kid: string;
  readonly alg: "ES256";
  readonly use: "sig";
}

/** The one that signs, and the one before it: what that signed is over before this one is replaced. */
const KEPT = 2;

/** Reads the keys of a folder, or makes the first ones. @throws Error where the file is not ours */
export function readKeys(dataDir: string): Keys {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = fileIn(dataDir);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return write(dataDir, { madeAt: Date.now(), signing: [newKey()], cookies: [newSecret()] });
  }
  try {
    const keys = JSON.parse(text) as Keys;
    if (keys.signing.length > 0 && keys.cookies.length > 0 && Number.isFinite(keys.madeAt)) return keys;
  } catch {
    // Said below.
  }
  throw new Error(`${file} holds no keys. Delete it: new ones are made, and everybody logs in again.`);
}

/** Signs with new keys from now on. */
export function rotateKeys(dataDir: string, { signing, cookies }: Keys): Keys {
  return write(dataDir, {
    madeAt: Date.now(),
    signing: [newKey(), ...signing].slice(0, KEPT),
    cookies: [newSecret(), ...cookies].slice(0, KEPT),
  });
}

function newKey(): SigningKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { crv, x, y, d } = privateKey.export({ format: "jwk" });
  return { kty: "EC", crv: crv!, x: x!, y: y!, d: d!, kid: randomUUID(), alg: "ES256", use: "sig" };
}

function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

function write(dataDir: string, keys: Keys): Keys {
  const file = fileIn(dataDir);
  // Never half a file, and never readable by others, not even for a moment.
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(keys), { mode: 0o600 });
  renameSync(temporary, file);
  return keys;
}

function fileIn(dataDir: string): string {
  return join(dataDir, "keys.json");
}
