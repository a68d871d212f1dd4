import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, chmodSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { attachEmbedded } from "@kerf/runtime/embedded";
import { chromium, type Browser } from "playwright-core";
import postgres, { type Sql } from "postgres";

const shop = fileURLToPath(new URL("..", import.meta.url));
const dashboardPage = fileURLToPath(new URL("../../../node_modules/@kerf/dashboard/web", import.meta.url));
const kerf = fileURLToPath(new URL("../../../node_modules/@kerf/cli/bin/kerf.js", import.meta.url));

const executable = (process.env["PATH"] ?? "")
  .split(":")
  .map((folder) => join(folder, "chromium"))
  .find(isExecutable);

/** Whether the tests that need a browser are left out. In CI they are not: they fail. */
export const withoutBrowser = executable === undefined && process.env["CI"] !== "true";

export async function openBrowser(): Promise<Browser> {
  if (executable === undefined)
    throw new Error("chromium is missing: run scripts/servers.sh before the tests.");
  // Its sandbox wants another user than root.
  return await chromium.launch({ executablePath: executable, args: ["--no-sandbox"] });
}

/** The shop under `kerf dev`, with data of its own, and with its bank's database at hand. */
export interface RunningShop {
  readonly gateway: string;
  readonly issuer: string;
  readonly bank: Sql;
  /** URL of the dashboard, with its token. */
  readonly dashboard: string;
  /** The database of a service: the test closes it. */
  dataOf(service: string): Sql;
  stop(): Promise<void>;
}

/** `topology`: the first of the shop's, where it is not given. */
export async function startShop(topology?: string): Promise<RunningShop> {
  const pages = [join(shop, "web/build-if-changed.ts"), join(dashboardPage, "build-if-changed.ts")];
  for (const page of pages) {
    const build = spawn(process.execPath, [page], { stdio: "inherit" });
    const [code] = (await once(build, "exit")) as [number];
    if (code !== 0) throw new Error(`${page} failed`);
  }

  const data = mkdtempSync(join(tmpdir(), "kerf-shop-"));
  // The embedded PostgreSQL runs as another user where the tests run as root.
  chmodSync(data, 0o755);
  const server = await attachEmbedded({ dataDir: data });
  const args = ["dev", "--config", join(shop, "kerf.config.ts"), "--data", data, "--port", "0"];
  if (topology !== undefined) args.push("--topology", topology);
  const dev = spawn(process.execPath, [kerf, ...args, "--no-watch", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, KERF_DATABASE_URL: "", KERF_OIDC_ISSUER: "", KERF_REDIS_URL: "" },
  });
  let bank: Sql | undefined;
  async function stop(): Promise<void> {
    await bank?.end();
    if (dev.exitCode === null && dev.signalCode === null) {
      dev.kill("SIGINT");
      await once(dev, "exit");
    }
    await server.release({ now: true });
    rmSync(data, { recursive: true, force: true });
  }
  try {
    const { gateway, issuer, dashboard } = await ready(dev);
    const admin = postgres(server.url, { max: 1 });
    const [found] = await admin<{ datname: string }[]>`
      select datname from pg_database where datname like '%bank%'`;
    await admin.end();
    const open = (database: string): Sql => {
      const url = new URL(server.url);
      url.pathname = database;
      return postgres(url.href, { max: 1, onnotice: () => {} });
    };
    bank = open(found!.datname);
    return { gateway, issuer, dashboard, bank, dataOf: (service) => open(`shop_${service}`), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What `kerf dev` says when everything runs. */
async function ready(dev: ChildProcess): Promise<Pick<RunningShop, "gateway" | "issuer" | "dashboard">> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: dev.stdout! })) {
    const said = JSON.parse(line) as Partial<Awaited<ReturnType<typeof ready>>> & { event?: string };
    const { event, gateway, issuer, dashboard } = said;
    if (event === "ready" && gateway && issuer && dashboard) {
      // Nobody reads the rest, and a full pipe would hold it up.
      dev.stdout!.resume();
      return { gateway, issuer, dashboard };
    }
    lines.push(line);
  }
  throw new Error(`kerf dev ended before it was ready:\n${lines.slice(-5).join("\n")}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
