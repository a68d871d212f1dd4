import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { testServer } from "@kerf/runtime/testing";

export interface Started extends AsyncDisposable {
  /** URL of the gateway. */
  readonly gateway: string;
  /** URL of `/metrics` and its like. */
  readonly health: string;
  /** What it has logged so far. */
  lines(): readonly string[];
}

/** Runs `kerf start` for the application in `app/`, or for that of another configuration, all of it in one process. */
export async function kerfStart(
  environment: Readonly<Record<string, string>>,
  config = new URL("app/kerf.config.ts", import.meta.url),
): Promise<Started> {
  const { adminUrl } = await testServer();
  const port = await freePort();
  const main = new URL("../../packages/cli/bin/kerf.js", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, "start", "--config", config.pathname, "--json"], {
    env: { ...process.env, KERF_DATABASE_URL: adminUrl, KERF_PORT: String(port), ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let written = "";
  const health = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      written += chunk.toString();
      const ready = /"health":"([^"]+)"/.exec(written);
      if (ready) resolve(ready[1]!);
    });
    void ended.then(() => reject(new Error(`kerf start ended: ${written}`)));
  });
  return {
    gateway: `http://127.0.0.1:${port}`,
    health,
    lines: () => written.split("\n").slice(0, -1),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Runs `kerf export` of an application, given by the path of its configuration below `tests/`. Gives files by name. */
export async function kerfExport(format: string, config: string): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "kerf-export-"));
  const main = new URL("../../packages/cli/bin/kerf.js", import.meta.url).pathname;
  const app = new URL(`../${config}`, import.meta.url).pathname;
  try {
    await promisify(execFile)(process.execPath, [main, "export", format, "--config", app, "--out", folder]);
    const names = await readdir(folder);
    return new Map(
      await Promise.all(
        names.map(async (name): Promise<[string, string]> => [
          name,
          await readFile(join(folder, name), "utf8"),
        ]),
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether the tests that need Prometheus are left out. In CI they are not: they fail. `scripts/servers.sh` installs it. */
export const withoutPrometheus =
  spawnSync("prometheus", ["--version"]).status !== 0 && process.env["CI"] !== "true";

/** What `promtool check metrics` says of an exposition; `""` where it has nothing to say. */
export function checkMetrics(body: string): string {
  const { stdout, stderr, status } = spawnSync("promtool", ["check", "metrics"], { input: body });
  return status === 0 ? "" : `${String(stdout)}${String(stderr)}`;
}

export interface Prometheus extends AsyncDisposable {
  /** The `data` of an answer of its HTTP API. */
  query(path: string): Promise<any>;
}

/** A real Prometheus that scrapes one process each second, or does what its files say. */
export async function prometheus(
  target: string,
  files: ReadonlyMap<string, string> = new Map([["prometheus.yml", scraping(target)]]),
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "kerf-prometheus-"));
  const port = await freePort();
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--enable-feature=exemplar-storage",
    ],
    { stdio: "ignore" },
  );
  const ended = once(child, "exit");
  return {
    async query(path) {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
      return ((await answer.json()) as { data: unknown }).data;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function scraping(target: string): string {
  return `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs: [{ job_name: kerf, static_configs: [{ targets: ["${new URL(target).host}"] }] }]
`;
}

/** That nobody listens on, a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
