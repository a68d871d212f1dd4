import { DeclarationError } from "kerf";
import { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { ApiKeyRecord } from "./api-key.ts";

const maxBytes = 4 * 1024 * 1024;

/** What a file of keys said, and when. */
export interface KeyFile {
  readonly keys: readonly ApiKeyRecord[];
  /** Another one where the file is another, or its content. */
  readonly stamp: string;
}

/**
 * Reads a file of keys: `{"version":1,"keys":[…]}`.
 * @throws DeclarationError where it is not there, not of that form, or where others than its owner may read or write it
 */
export function readKeyFile(path: string): KeyFile {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    const problem =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message;
    throw new DeclarationError(path, problem, "make one with: kerf api-keys create");
  }
  try {
    const stat = fstatSync(file);
    // Whoever can write it can let themselves in.
    if (process.platform !== "win32" && (stat.mode & 0o077) !== 0)
      throw new DeclarationError(
        path,
        `others than its owner may use this file of API keys (mode ${(stat.mode & 0o777).toString(8)})`,
        `keep it to its owner: chmod 600 ${path}`,
      );
    if (stat.size > maxBytes)
      throw new DeclarationError(path, `has more than ${maxBytes} bytes`, "name a file of API keys");
    return { keys: parse(readFileSync(file, "utf8"), path), stamp: stampOf(stat) };
  } finally {
    closeSync(file);
  }
}

/** By what a file that was changed, or replaced, is known. */
export function stampOf(stat: {
  readonly ino: number;
  readonly mtimeMs: number;
  readonly size: number;
}): string {
  return `${stat.ino}/${stat.mtimeMs}/${stat.size}`;
}

/**
 * Changes a file of keys, for its owner only, all at once: whoever reads it sees the old or the new. Makes it where it
 * is missing and `create` says so.
 * @throws DeclarationError as {@link readKeyFile} does, and while somebody else changes it
 */
export function changeKeyFile(
  path: string,
  change: (keys: readonly ApiKeyRecord[]) => readonly ApiKeyRecord[],
  { create = false } = {},
): void {
  const next = `${path}.next`;
  let locked = false;
  try {
    // It is also the lock: a second one who writes finds it there.
    writeFileSync(next, "", { flag: "wx", mode: 0o600 });
    locked = true;
    const keys = change(create && !exists(path) ? [] : readKeyFile(path).keys);
    writeFileSync(next, `${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`);
    renameSync(next, path);
    locked = false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new DeclarationError(
        next,
        "somebody else changes the keys",
        "try again; if nobody does, remove this file",
      );
    throw error;
  } finally {
    if (locked) rmSync(next, { force: true });
  }
}

function exists(path: string): boolean {
  try {
    closeSync(openSync(path, "r"));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function parse(text: string, path: string): readonly ApiKeyRecord[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DeclarationError(
      path,
      "is not JSON",
      'it is written by kerf api-keys: {"version":1,"keys":[…]}',
    );
  }
  const file = value as { readonly version?: unknown; readonly keys?: unknown } | null;
  if (file?.version !== 1 || !Array.isArray(file.keys))
    throw new DeclarationError(
      path,
      "is no file of API keys",
      'write {"version":1,"keys":[…]}, as kerf api-keys does',
    );
  const wrong = file.keys.findIndex((key) => !isRecord(key));
  if (wrong !== -1)
    throw new DeclarationError(
      `${path}: keys[${wrong}]`,
      "is no API key",
      "it needs id (16 hexadecimal digits), sha256 (64), actor, roles and createdAt; expiresAt and revokedAt are ISO 8601",
    );
  return file.keys as ApiKeyRecord[];
}

function isRecord(value: unknown): value is ApiKeyRecord {
  if (typeof value !== "object" || value === null) return false;
  const { id, sha256, actor, roles, createdAt, expiresAt, revokedAt, note } = value as Record<
    string,
    unknown
  >;
  return (
    isText(id, /^[\da-f]{16}$/) &&
    isText(sha256, /^[\da-f]{64}$/) &&
    isText(actor, /^.{1,255}$/) &&
    Array.isArray(roles) &&
    roles.every((role) => isText(role, /^\S{1,100}$/)) &&
    isTime(createdAt) &&
    (expiresAt === undefined || isTime(expiresAt)) &&
    (revokedAt === undefined || isTime(revokedAt)) &&
    (note === undefined || typeof note === "string")
  );
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === "string" && pattern.test(value);
}

function isTime(value: unknown): boolean {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
