/**
 * The program that owns the PostgreSQL of one data folder, detached from whoever started it.
 * Clients hold a socket to it, so one that is killed is noticed. Run as: `node keeper.ts <data folder>`.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, renameSync, statSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { chooseAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import {
  adoptPostmaster,
  clusterExists,
  createCluster,
  startPostmaster,
  stopPostmaster,
  type Postmaster,
  type PostmasterOptions,
} from "./postmaster.ts";
import { byLine, HOST, layout, readAddress, readText, remove, writePrivate } from "./state.ts";
import type { ClientMessage, KeeperMessage, Layout } from "./state.ts";

/** PostgreSQL outlives its last client by this, so that a restart of the application finds it warm. */
const LINGER_MS = 10_000;
/** A PostgreSQL that ran this long before it died is started again at once. */
const STEADY_MS = 10_000;
const RESTART_MS = { first: 100, most: 5_000 };
const LOG_LIMIT = 5_000_000;

/**
 * The operating system gives this lock back however the holder dies, which a file with a pid cannot:
 * SQLite's exclusive lock is the one that Node has on every platform.
 */
async function takeLock(files: Layout): Promise<DatabaseSync | undefined> {
  for (const since = Date.now(); Date.now() - since < 30_000; await sleep(20)) {
    const database = new DatabaseSync(files.lock);
    chmodSync(files.lock, 0o600);
    try {
      database.exec("pragma journal_mode = memory; begin exclusive");
      return database;
    } catch {
      database.close();
    }
    // The holder is either at work, then it serves everybody, or about to end, then wait for its end.
    const address = readAddress(files.address);
    if (address && isProcess(address.pid)) return undefined;
  }
  return undefined;
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

class Keeper {
  readonly #files: Layout;
  readonly #dataDir: string;
  readonly #clients = new Set<Socket>();
  readonly #token = randomBytes(32).toString("base64url");
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  #status: KeeperMessage | undefined;
  #postmaster: Postmaster | undefined;
  #stopping = false;
  /** In the middle of what must not be left half-done: a PostgreSQL that just begins would be nobody's. */
  #starting = false;
  #linger: NodeJS.Timeout | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#files = layout(dataDir);
  }

  async run(): Promise<void> {
    this.#server.listen(0, HOST);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("listening", resolve);
      this.#server.once("error", reject);
    });
    const { port } = this.#server.address() as { port: number };
    writePrivate(this.#files.address, JSON.stringify({ pid: process.pid, port, token: this.#token }));
    process.on("SIGTERM", () => void this.#stop());
    process.on("SIGINT", () => {});
    process.on("SIGHUP", () => {});
    this.#whenEmpty(LINGER_MS);
    try {
      await this.#keep();
    } catch (error) {
      this.#announce({ event: "failed", message: (error as Error).message });
      console.error((error as Error).message);
      // Those who are about to connect should hear the reason too.
      await sleep(500);
      await this.#stop(1);
    }
  }

  /** Keeps PostgreSQL running on one port until this keeper stops. */
  async #keep(): Promise<void> {
    const files = this.#files;
    let password = readText(files.secret);
    if (password === undefined) {
      password = randomBytes(32).toString("base64url");
      writePrivate(files.secret, password);
    }
    if ((statSync(files.log, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT) {
      renameSync(files.log, `${files.log}.1`);
    }
    const binaries = findBinaries();
    const account = chooseAccount(files.cluster, this.#dataDir, [files.cluster, binaries.postgres]);
    const options: PostmasterOptions = { binaries, account, ...files, port: 0 };
    if (!clusterExists(files.cluster)) await this.#unbroken(createCluster(options, password));
    if (this.#stopping) return await this.#stop();

    let delayMs = 0;
    let known = false;
    while (!this.#stopping) {
      const adopted = adoptPostmaster(files.cluster);
      if (!adopted) options.port = await choosePort(Number(readText(files.port)), known);
      try {
        this.#postmaster = adopted ?? (await this.#unbroken(startPostmaster(options)));
      } catch (error) {
        // A first start that fails is for people to mend; a later one may have to wait for the processes
        // of the PostgreSQL before it, which still hold its memory.
        if (!known) throw error;
        console.error((error as Error).message);
        await sleep((delayMs = Math.min(Math.max(delayMs * 2, RESTART_MS.first), RESTART_MS.most)));
        continue;
      }
      if (this.#stopping) return await this.#stop();
      known = true;
      const { port, exited } = this.#postmaster;
      writePrivate(files.port, String(port));
      this.#announce({ event: "ready", port, password });
      const since = Date.now();
      const reason = await exited;
      this.#postmaster = undefined;
      if (this.#stopping) return;
      console.error(`${new Date().toISOString()} PostgreSQL ended (${reason}), starting it again`);
      delayMs =
        Date.now() - since > STEADY_MS
          ? 0
          : Math.min(Math.max(delayMs * 2, RESTART_MS.first), RESTART_MS.most);
      await sleep(delayMs);
    }
  }

  async #unbroken<T>(work: Promise<T>): Promise<T> {
    this.#starting = true;
    try {
      return await work;
    } finally {
      this.#starting = false;
    }
  }

  #announce(message: KeeperMessage): void {
    this.#status = message;
    for (const client of this.#clients) client.write(`${JSON.stringify(message)}\n`);
  }

  #accept(socket: Socket): void {
    const patience = setTimeout(() => socket.destroy(), 5_000);
    socket.on("error", () => socket.destroy());
    socket.on(
      "data",
      byLine((line) => {
        const message = parse(line);
        if (!this.#clients.has(socket)) {
          if (this.#stopping || !message || !("token" in message) || message.token !== this.#token) {
            socket.destroy();
            return;
          }
          clearTimeout(patience);
          this.#clients.add(socket);
          clearTimeout(this.#linger);
          if (this.#status) socket.write(`${JSON.stringify(this.#status)}\n`);
        } else if (message && "release" in message) {
          this.#clients.delete(socket);
          // Others who left just before may not have been noticed yet.
          setTimeout(() => {
            // The socket stays open until this keeper ends, which is how the client knows that it has.
            if (this.#clients.size === 0) void this.#stop();
            else socket.destroy();
          }, 20);
        }
      }),
    );
    socket.on("close", () => {
      clearTimeout(patience);
      if (this.#clients.delete(socket)) this.#whenEmpty(LINGER_MS);
    });
  }

  #whenEmpty(lingerMs: number): void {
    clearTimeout(this.#linger);
    if (this.#clients.size === 0) this.#linger = setTimeout(() => void this.#stop(), lingerMs);
  }

  async #stop(code = 0): Promise<void> {
    this.#stopping = true;
    // Whoever comes now starts another keeper, which waits for the lock.
    remove(this.#files.address);
    this.#server.close();
    // It is called again when that is done.
    if (this.#starting) return;
    if (this.#postmaster) await stopPostmaster(this.#postmaster);
    process.exit(code);
  }
}

function parse(line: string): ClientMessage | undefined {
  try {
    return JSON.parse(line) as ClientMessage;
  } catch {
    return undefined;
  }
}

/**
 * The port of last time, if it is free or must be kept. Else one below the range from which the system
 * takes ports for outgoing connections: such a connection could hold it just when PostgreSQL restarts.
 */
async function choosePort(last: number, keep: boolean): Promise<number> {
  if (last > 0 && (keep || (await isFree(last)))) return last;
  for (let tries = 0; tries < 100; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
  throw new Error("No free port between 20000 and 32000 for PostgreSQL.");
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

const [dataDir] = process.argv.slice(2);
if (!dataDir) throw new Error("keeper: the data folder is missing");
const lock = await takeLock(layout(dataDir));
if (lock) await new Keeper(dataDir).run();
