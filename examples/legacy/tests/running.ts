import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { bookshop } from "../application/app.ts";
import { chat } from "../application/events.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The existing application, in this process. */
export async function openBookshop(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(bookshop());
  chat(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A copy of this example that a test may change: `use` says which file is its kerf.config.ts. */
export function copyExample(first: string) {
  const folder = mkdtempSync(join(tmpdir(), "kerf-legacy-"));
  // The embedded PostgreSQL runs as another user where the tests run as root.
  chmodSync(folder, 0o755);
  cpSync(fileURLToPath(new URL("..", import.meta.url)), folder, {
    recursive: true,
    filter: (path) => !/\/(?:tests|\.kerf|node_modules)$/.test(path),
  });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const use = (file: string) =>
    copyFileSync(new URL(`../${file}`, import.meta.url), join(folder, "kerf.config.ts"));
  use(first);
  return { folder, use, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** `kerf dev` on a folder, until it is disposed of. */
export class Dev implements AsyncDisposable {
  readonly #child: ChildProcess;
  #out = "";

  constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.#child = spawn(
      process.execPath,
      [join(root, "packages/cli/bin/kerf.js"), "dev", "--port", "0", "--json"],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...environment },
      },
    );
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => (this.#out += text));
  }

  /** The URL of the gateway, when everything is ready for the `times`-th time. */
  async ready(times: number): Promise<string> {
    return await vi.waitFor(
      () => {
        const said = this.#out.split("\n").filter((line) => line.includes('"event":"ready"'));
        if (said.length < times) throw new Error(`not ready ${times} times; so far:\n${this.#out}`);
        return (JSON.parse(said[times - 1]!) as { gateway: string }).gateway;
      },
      { timeout: 30_000, interval: 20 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    await ended;
  }
}
