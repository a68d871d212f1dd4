import { readableLine } from "@kerf/runtime/log";
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A shop of its own: fresh data, ports that were free. */
export interface RunningShop extends AsyncDisposable {
  /** Origin of the gateway. */
  readonly gateway: string;
  /** Unit name to the URL of its health. */
  readonly units: ReadonlyMap<string, string>;
  /** Units that ended by themselves so far, and how; those that were killed are not among them. */
  readonly deaths: readonly string[];
  /** The data folder, by which `kerf chaos` finds it. */
  readonly data: string;
}

/** The shop did not start, and why. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
}

export interface StartOptions {
  readonly topology: string;
  /** Processes of each unit. Default 1. */
  readonly replicas?: string | undefined;
  /** How long a process that died keeps its work from the others; Kerf's default where absent. */
  readonly leaseMs?: number | undefined;
  readonly signal: AbortSignal;
  /** A warning or an error that the shop logged, for people. */
  readonly say: (line: string) => void;
}

export const config = fileURLToPath(new URL("../kerf.config.ts", import.meta.url));
export const bin = fileURLToPath(new URL("../bin/kerf.js", import.meta.resolve("@kerf/cli")));

/** How long the supervisor may take to end everything. */
const endMs = 20_000;

/** A line of the supervisor's output. */
interface Entry {
  readonly unit?: string;
  readonly event?: string;
  readonly about?: string;
  readonly how?: string;
  readonly gateway?: string;
  readonly units?: Readonly<Record<string, { readonly health: string }>>;
}

/**
 * Starts the shop under `kerf dev`, on data that disposing of it removes.
 * @throws StartFailure
 */
export async function startShop(options: StartOptions): Promise<RunningShop> {
  const { topology, replicas = "1", leaseMs, signal, say } = options;
  const data = await mkdtemp(join(tmpdir(), "kerf-replay-"));
  // The embedded PostgreSQL runs as another user where this is root.
  await chmod(data, 0o755);
  const { KERF_DATABASE_URL: _, ...environment } = process.env;
  const words = [
    "--topology",
    topology,
    "--data",
    data,
    "--config",
    config,
    "--port",
    "0",
    "--replicas",
    replicas,
    "--json",
    "--no-watch",
  ];
  const child = spawn(process.execPath, [bin, "dev", ...words], {
    // The channel tells the supervisor when this process is killed.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      ...environment,
      KERF_LOG_LEVEL: process.env["KERF_LOG_LEVEL"] || "warn",
      ...(leaseMs === undefined ? {} : { KERF_LEASE_MS: String(leaseMs) }),
    },
  });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));

  async function stop(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), endMs);
      await exited;
      clearTimeout(late);
    }
    await rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  const said: string[] = [];
  const deaths: string[] = [];
  const { promise: ready, resolve, reject } = Promise.withResolvers<Entry>();
  const take = (line: string): void => {
    const entry = entryOf(line);
    if (entry?.unit === "kerf" && entry.event === "ready") return resolve(entry);
    if (entry?.unit === "kerf" && entry.event === "died" && !entry.how?.endsWith("SIGKILL"))
      deaths.push(`${entry.about} ${entry.how}`);
    const text = readableLine(line, { colour: false });
    said.push(text);
    say(text);
  };
  createInterface({ input: child.stdout! }).on("line", take);
  // Remarks such as where the data are: of interest only where nothing starts.
  createInterface({ input: child.stderr! }).on("line", (line) => void said.push(line));
  child.once("error", reject);
  const failed = exited.then(() => {
    throw new StartFailure(`the shop did not start:\n${said.slice(-20).join("\n")}`);
  });
  const aborted = new Promise<never>((_resolve, refuse) => {
    signal.addEventListener("abort", () => refuse(signal.reason as Error), { once: true });
  });
  aborted.catch(() => {});
  failed.catch(() => {});

  try {
    signal.throwIfAborted();
    const { gateway, units } = await Promise.race([ready, failed, aborted]);
    return {
      gateway: gateway!,
      data,
      deaths,
      units: new Map(Object.entries(units!).map(([name, { health }]) => [name, health])),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function entryOf(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}
