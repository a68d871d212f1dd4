import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export interface TestRedis {
  /** `redis://127.0.0.1:<port>`, with `password` where one was asked for. */
  readonly url: string;
  readonly port: number;
  /** As a crash: what it held is gone. */
  kill(): Promise<void>;
  /** After {@link kill}, on the same port. */
  start(): Promise<void>;
  /** Takes connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Whether the tests that need Redis are left out: `describe.skipIf(withoutRedis)(…)`. In CI they are not: they fail.
 * `scripts/servers.sh` installs it.
 */
export const withoutRedis = !installed("redis-server") && process.env["CI"] !== "true";

/** A real `redis-server` of one's own, on a free port of loopback, with an empty temporary folder. */
export async function testRedis(options: { readonly password?: string } = {}): Promise<TestRedis> {
  if (!installed("redis-server"))
    throw new Error("redis-server is missing: run scripts/servers.sh before the tests.");
  const folder = await mkdtemp(join(tmpdir(), "kerf-redis-"));
  const port = await freePort();
  const { password } = options;
  const spec = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  spec.push("--save", "", "--appendonly", "no", "--loglevel", "notice");
  if (password) spec.push("--requirepass", password);
  let server: ChildProcess | undefined;
  const start = async () => {
    server = await startServer(spec);
  };
  const kill = async () => {
    const ending = server;
    server = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    url: password ? `redis://:${password}@127.0.0.1:${port}` : `redis://127.0.0.1:${port}`,
    port,
    start,
    kill,
    freeze: () => void server?.kill("SIGSTOP"),
    thaw: () => void server?.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when the server takes connections. */
async function startServer(spec: string[]): Promise<ChildProcess> {
  const server = spawn("redis-server", spec, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // A test process that is killed must not leave it behind; one that ends by itself says so here.
  const end = () => server.kill("SIGKILL");
  process.once("exit", end);
  server.once("exit", () => process.off("exit", end));
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`redis-server did not start:\n${printed}`)));
    server.stdout!.on("data", (text: Buffer) => {
      printed = (printed + text.toString()).slice(-10_000);
      if (/ready to accept connections/i.test(printed)) resolve();
    });
  });
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function installed(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
