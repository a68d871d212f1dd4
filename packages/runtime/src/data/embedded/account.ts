import { readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { EmbeddedUnavailable } from "./binaries.ts";

/** The operating system account that PostgreSQL runs under; undefined members mean: this process's own. */
export interface Account {
  name: string;
  uid?: number;
  gid?: number;
}

interface Entry {
  name: string;
  uid: number;
  gid: number;
}

/**
 * Chooses the account for PostgreSQL, which refuses to run as root: the owner of an existing cluster, else
 * the owner of the data folder, else `nobody`. `paths` are what that account must be able to reach.
 */
export function chooseAccount(cluster: string, dataDir: string, paths: string[]): Account {
  if (process.getuid?.() !== 0) return { name: ownName() };
  const uid = ownerOf(cluster) ?? ownerOf(dataDir);
  const account = passwd().find((entry) => (uid ? entry.uid === uid : entry.name === "nobody"));
  if (!account) {
    throw new EmbeddedUnavailable(
      uid
        ? `PostgreSQL refuses to run as root, and the owner of ${dataDir} (uid ${uid}) has no entry in /etc/passwd, which PostgreSQL needs. Add one, or give the folder to another user.`
        : `PostgreSQL refuses to run as root, and there is no user "nobody" to run it under. Run as a user other than root, or give a server of your own in KERF_DATABASE_URL.`,
    );
  }
  for (const path of paths) {
    const barrier = firstBarrier(path, account);
    if (!barrier) continue;
    throw new EmbeddedUnavailable(
      `PostgreSQL refuses to run as root, so it runs as "${account.name}", who may not enter ${barrier} and so cannot reach ${path}. Allow it with "chmod o+x ${barrier}", or use a folder outside of it, or run as a user other than root.`,
    );
  }
  return account;
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new EmbeddedUnavailable(
      `The user of this process (uid ${process.getuid?.()}) has no entry in /etc/passwd, which PostgreSQL needs. Add one, or give a server of your own in KERF_DATABASE_URL.`,
      { cause },
    );
  }
}

/** Undefined for root, who cannot own a cluster. */
function ownerOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.uid || undefined;
}

function passwd(): Entry[] {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .filter((fields) => fields.length >= 4)
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }));
}

/** The outermost folder above `path` that the account may not enter. */
function firstBarrier(path: string, { uid, gid }: Entry): string | undefined {
  const parents: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    parents.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return parents.find((folder) => {
    const status = statSync(folder, { throwIfNoEntry: false });
    if (!status) return false;
    const bit = status.uid === uid ? 0o100 : status.gid === gid ? 0o010 : 0o001;
    return (status.mode & bit) === 0;
  });
}
