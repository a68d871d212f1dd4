import { spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readSync, realpathSync } from "node:fs";
import { readlinkSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { SETTINGS } from "./settings.ts";
import { readText, USER } from "./state.ts";

/** A running PostgreSQL, started here or found running. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Resolves, and never rejects, when the process is gone, with what is known of the reason. */
  readonly exited: Promise<string>;
}

export interface PostmasterOptions {
  binaries: Binaries;
  account: Account;
  cluster: string;
  log: string;
  port: number;
}

/**
 * Makes a cluster in a folder beside the final one and moves it there at once, so that one that was
 * interrupted half way is never mistaken for a whole one.
 */
export async function createCluster(
  { binaries, account, cluster, log }: Omit<PostmasterOptions, "port">,
  password: string,
): Promise<void> {
  const draft = `${cluster}.new`;
  const passwordFile = `${cluster}.password`;
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(draft, account.uid, account.gid);
    chownSync(passwordFile, account.uid, account.gid);
  }
  const from = logSize(log);
  try {
    const child = run(binaries.initdb, account, log, [
      `--pgdata=${draft}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // PostgreSQL's own collation: the same order and the same lower() on every operating system.
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--locale=C",
      "--no-instructions",
      // The passwords are random; see the settings.
      "--set=scram_iterations=64",
    ]);
    const reason = await child.exited;
    if (reason !== "exit code 0") {
      throw new Error(`PostgreSQL's initdb failed (${reason}): ${tail(log, from)}`);
    }
    renameSync(draft, cluster);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Starts PostgreSQL and waits until it takes connections, however long its recovery takes. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { binaries, account, cluster, log, port } = options;
  const from = logSize(log);
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([k, v]) => [
    "-c",
    `${k}=${v}`,
  ]);
  const { pid, exited } = run(binaries.postgres, account, log, ["-D", cluster, ...settings]);
  let ended: string | undefined;
  void exited.then((reason) => (ended = reason));
  for (;;) {
    if (ended !== undefined || pid === undefined) {
      throw new Error(`PostgreSQL did not start (${await exited}): ${tail(log, from)}`);
    }
    const file = readPidFile(cluster);
    if (file?.pid === pid && file.status === "ready") return { pid, port, exited };
    await sleep(10);
  }
}

/** Finds a PostgreSQL that outlived its keeper; a stale pid file of another program's pid is removed. */
export function adoptPostmaster(cluster: string): Postmaster | undefined {
  const file = readPidFile(cluster);
  if (!file) return undefined;
  if (!isAlive(file.pid)) return undefined;
  if (!serves(file.pid, cluster)) {
    // PostgreSQL would refuse to start because that pid is alive.
    rmSync(join(cluster, "postmaster.pid"), { force: true });
    return undefined;
  }
  return { pid: file.pid, port: file.port, exited: watch(file.pid) };
}

/** The process of this cluster's PostgreSQL, if it runs. */
export function runningPostmaster(cluster: string): number | undefined {
  const pid = readPidFile(cluster)?.pid;
  return pid !== undefined && isAlive(pid) && serves(pid, cluster) ? pid : undefined;
}

/** Fast shutdown: open transactions are rolled back. Harder after 10 s, for a hung disk or process. */
export async function stopPostmaster({ pid, exited }: Postmaster): Promise<void> {
  for (const [signal, patienceMs] of [
    ["SIGINT", 10_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const timer = new AbortController();
    const done = await Promise.race([
      exited.then(() => true),
      sleep(patienceMs, false, { signal: timer.signal }).catch(() => false),
    ]);
    timer.abort();
    if (done) return;
  }
}

function run(program: string, account: Account, log: string, args: string[]) {
  const output = openSync(log, "a", 0o600);
  try {
    const child = spawn(program, args, {
      stdio: ["ignore", output, output],
      cwd: "/",
      // Nothing of the application's environment (secrets, PG* variables) reaches PostgreSQL.
      env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TZ: "UTC" },
      windowsHide: true,
      ...(account.uid === undefined ? {} : { uid: account.uid, gid: account.gid! }),
    });
    const exited = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    return { pid: child.pid, exited };
  } finally {
    closeSync(output);
  }
}

function readPidFile(cluster: string): { pid: number; port: number; status: string } | undefined {
  const lines = readText(join(cluster, "postmaster.pid"))?.split("\n");
  const pid = Number(lines?.[0]);
  if (!lines || !Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]), status: (lines[7] ?? "").trim() };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether this process is the PostgreSQL of this cluster, since pids are used again after a reboot. */
function serves(pid: number, cluster: string): boolean {
  if (process.platform !== "linux") return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
  } catch {
    return false;
  }
}

/** An adopted process is nobody's child here, so only looking tells that it ended. */
async function watch(pid: number): Promise<string> {
  while (isAlive(pid)) await sleep(250);
  return "ended";
}

export function clusterExists(cluster: string): boolean {
  return existsSync(join(cluster, "PG_VERSION"));
}

function logSize(log: string): number {
  return statSync(log, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last lines that were logged since `from`. */
function tail(log: string, from: number): string {
  const size = logSize(log);
  const start = Math.max(from, size - 2_000);
  if (size <= start) return "it wrote nothing";
  const buffer = Buffer.alloc(size - start);
  const file = openSync(log, "r");
  try {
    readSync(file, buffer, 0, buffer.length, start);
  } finally {
    closeSync(file);
  }
  return buffer.toString("utf8").trim();
}
