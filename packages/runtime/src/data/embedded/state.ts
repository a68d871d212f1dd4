import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where a keeper answers on loopback, and the word that proves a client may read the data folder. */
export interface KeeperAddress {
  pid: number;
  port: number;
  token: string;
}

/** What a keeper tells its clients, one JSON object a line. */
export type KeeperMessage =
  | { event: "ready"; port: number; password: string }
  | { event: "failed"; message: string };

/** What a client tells its keeper: the token first, then nothing, or that it leaves for good. */
export type ClientMessage = { token: string } | { release: "now" };

export const USER = "postgres";
export const HOST = "127.0.0.1";

/** The files of a data folder. All but the cluster belong to the user who runs Kerf, with mode 0600. */
export function layout(dataDir: string) {
  return {
    cluster: join(dataDir, "postgres"),
    lock: join(dataDir, "keeper.lock"),
    address: join(dataDir, "keeper.json"),
    keeperLog: join(dataDir, "keeper.log"),
    secret: join(dataDir, "password"),
    port: join(dataDir, "port"),
    log: join(dataDir, "postgres.log"),
    cache: join(dataDir, "cache"),
  };
}

export type Layout = ReturnType<typeof layout>;

/** Replaces a file at once, so that a reader sees the old text or the new, never half of it. */
export function writePrivate(path: string, text: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, text, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export function readAddress(path: string): KeeperAddress | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as KeeperAddress;
    return Number.isInteger(value.port) && typeof value.token === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

export function remove(path: string): void {
  rmSync(path, { force: true });
}

/** Calls `fn` with each line that has arrived in full; a stranger cannot make it hold more than 64 KiB. */
export function byLine(fn: (line: string) => void): (chunk: Buffer) => void {
  let rest = "";
  return (chunk) => {
    rest += chunk.toString("utf8");
    let end: number;
    while ((end = rest.indexOf("\n")) >= 0) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      fn(line);
    }
    if (rest.length > 65_536) rest = "";
  };
}
