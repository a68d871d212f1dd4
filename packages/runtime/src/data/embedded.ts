import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { dirname, extname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EmbeddedUnavailable } from "./embedded/binaries.ts";
import { runningPostmaster } from "./embedded/postmaster.ts";
import { byLine, HOST, layout, readAddress, readText, USER } from "./embedded/state.ts";
import type { KeeperMessage } from "./embedded/state.ts";

export { EmbeddedUnavailable } from "./embedded/binaries.ts";

export interface EmbeddedOptions {
  /** Folder for the data and the keeper's files; made if missing. */
  dataDir: string;
  log?: (line: string) => void;
  /** Gives up; what was started for this alone has ended when the promise rejects. */
  signal?: AbortSignal;
}

export interface EmbeddedServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The superuser's, to the database `postgres`. */
  readonly url: string;
  /**
   * Leaves the server, which ends 10 s after its last client left; with `now`, at once if nobody else is
   * attached, and the promise resolves when it has ended.
   */
  release(options?: { now?: boolean }): Promise<void>;
}

const START_MS = 120_000;
/** A first start that is given up finishes what it is at, and then ends. */
const GIVE_UP_MS = 15_000;
/** The keeper beside this file: TypeScript here, JavaScript in the published package. */
const KEEPER = fileURLToPath(new URL(`./embedded/keeper${extname(import.meta.url)}`, import.meta.url));

/**
 * Attaches to the PostgreSQL of a data folder, and starts it and its keeper if need be. Two attaches at
 * once share one server. While attached, a keeper that dies is replaced; the server goes on meanwhile.
 *
 * @throws EmbeddedUnavailable with what to do, when PostgreSQL cannot run here.
 */
export async function attachEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const dataDir = resolve(options.dataDir);
  prepareFolder(dataDir);
  let link = await join(dataDir, options);
  let released: boolean = false;
  const follow = (): void => {
    link.socket.once("close", () => {
      if (released) return;
      options.log?.("The keeper of the embedded PostgreSQL is gone; starting another.");
      void rejoin();
    });
  };
  const rejoin = async (): Promise<void> => {
    for (let delayMs = 100; !released; delayMs = Math.min(delayMs * 2, 10_000)) {
      try {
        link = await join(dataDir, {});
        if (released) link.socket.destroy();
        else follow();
        return;
      } catch (error) {
        options.log?.(`The embedded PostgreSQL has no keeper: ${(error as Error).message}`);
        await sleep(delayMs, undefined, { ref: false });
      }
    }
  };
  follow();
  const { port, password } = link;
  return {
    host: HOST,
    port,
    user: USER,
    password,
    url: `postgres://${USER}:${password}@${HOST}:${port}/postgres`,
    async release({ now = false } = {}) {
      if (released) return;
      released = true;
      const { socket } = link;
      if (!now || socket.destroyed) {
        socket.destroy();
        return;
      }
      socket.ref();
      const closed = new Promise<void>((done) => socket.once("close", () => done()));
      socket.write(`${JSON.stringify({ release: "now" })}\n`);
      await closed;
    },
  };
}

/**
 * Sends a signal to the PostgreSQL of a data folder, for tests and `kerf chaos`: its keeper starts it again.
 * @throws where none runs there
 */
export function signalEmbedded(dataDir: string, signal: "SIGINT" | "SIGQUIT"): void {
  const pid = runningPostmaster(layout(resolve(dataDir)).cluster);
  if (pid === undefined) throw new EmbeddedUnavailable(`No PostgreSQL runs in ${dataDir}.`);
  process.kill(pid, signal);
}

interface Link {
  socket: Socket;
  port: number;
  password: string;
}

/** Only a keeper that stays away, or fails, ends this; one that ends between two steps is started anew. */
async function join(dataDir: string, { log, signal }: Partial<EmbeddedOptions>): Promise<Link> {
  const files = layout(dataDir);
  let child: ChildProcess | undefined;
  let said = false;
  for (const since = Date.now(); Date.now() - since < START_MS;) {
    if (signal?.aborted) {
      await ended(child);
      signal.throwIfAborted();
    }
    const address = readAddress(files.address);
    const link = address && (await greet(address.port, address.token, signal));
    if (link) return link;
    if (child && child.exitCode !== null && child.exitCode !== 0) {
      throw new EmbeddedUnavailable(
        `The keeper of the embedded PostgreSQL ended at once: ${lastLines(files.keeperLog)}`,
      );
    }
    if (!child || child.exitCode !== null || child.signalCode !== null) {
      if (!said) log?.(`Starting PostgreSQL in ${dataDir}`);
      said = true;
      child = startKeeper(dataDir);
    }
    await sleep(15);
  }
  throw new EmbeddedUnavailable(`PostgreSQL did not start within ${START_MS / 1000} s; see ${files.log}.`);
}

/** Undefined if nobody answers there, or no longer. */
async function greet(port: number, token: string, signal?: AbortSignal): Promise<Link | undefined> {
  const socket = connect({ port, host: HOST, noDelay: true });
  const abort = (): void => {
    socket.write(`${JSON.stringify({ release: "now" })}\n`);
    setTimeout(() => socket.destroy(), GIVE_UP_MS).unref();
  };
  try {
    return await new Promise<Link | undefined>((found, failed) => {
      socket.on("error", () => socket.destroy());
      socket.once("close", () => found(undefined));
      socket.once("connect", () => {
        socket.write(`${JSON.stringify({ token })}\n`);
        if (signal?.aborted) abort();
        else signal?.addEventListener("abort", abort, { once: true });
      });
      socket.on(
        "data",
        byLine((line) => {
          const message = JSON.parse(line) as KeeperMessage;
          if (message.event === "failed") failed(new EmbeddedUnavailable(message.message));
          // An attached client must be able to end by itself.
          else found({ socket: socket.unref(), port: message.port, password: message.password });
        }),
      );
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Ends a keeper that serves nobody yet. */
async function ended(keeper: ChildProcess | undefined): Promise<void> {
  if (!keeper || keeper.exitCode !== null || keeper.signalCode !== null) return;
  const gone = new Promise<void>((done) => keeper.once("exit", () => done()));
  keeper.kill("SIGTERM");
  await Promise.race([gone, sleep(GIVE_UP_MS, undefined, { ref: false })]);
}

function startKeeper(dataDir: string): ChildProcess {
  const files = layout(dataDir);
  const output = openSync(files.keeperLog, "a", 0o600);
  try {
    const child = spawn(
      process.execPath,
      [
        "--max-old-space-size=16",
        "--max-semi-space-size=1",
        "--disable-warning=ExperimentalWarning",
        KEEPER,
        dataDir,
      ],
      {
        detached: true,
        stdio: ["ignore", output, output],
        cwd: dataDir,
        windowsHide: true,
        // Without the cache Node loads its TypeScript compiler into the keeper, which is 18 MB.
        env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: files.cache },
      },
    );
    child.on("error", () => {});
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

function prepareFolder(dataDir: string): void {
  try {
    makeFolder(dataDir);
    const { mode, uid } = statSync(dataDir);
    // PostgreSQL runs as another user then, who has to pass through; every file in it is private.
    if (process.getuid?.() === 0 && uid === 0 && (mode & 0o001) === 0) chmodSync(dataDir, mode | 0o111);
  } catch (cause) {
    throw new EmbeddedUnavailable(
      `The data folder ${dataDir} cannot be used: ${(cause as Error).message}. Choose another, or mend its permissions.`,
      { cause },
    );
  }
}

/** One by one: Node's recursive mkdir never returns for a folder under /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(path)) throw error;
  }
}

function lastLines(path: string): string {
  return (readText(path) ?? "").trim().split("\n").slice(-5).join("\n");
}
