import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const bin = join(root, "packages/cli/bin/kerf.js");

/** A copy of a fixture application that a test may change. */
export function copyApp(name = "app"): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "kerf-cli-"));
  // The embedded PostgreSQL runs as another user where the tests run as root.
  chmodSync(folder, 0o755);
  cpSync(fileURLToPath(new URL(`fixture/${name}`, import.meta.url)), folder, { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A line that the supervisor says about itself. */
export interface Said {
  readonly event?: string;
  readonly about?: string;
  readonly gateway?: string;
  readonly issuer?: string;
  readonly dashboard?: string;
  readonly units?: Readonly<Record<string, { readonly health: string }>>;
  readonly unit: string;
  readonly msg: string;
}

/** A running `kerf`, as a terminal would run it: in a process group of its own. */
export class KerfProcess {
  readonly child;
  /** In the environment of this process and of all that come from it. */
  readonly marker = randomUUID();
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  out = "";
  err = "";

  constructor(args: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [bin, ...args], {
      cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_ENV: "test", ...environment, KERF_TEST_MARKER: this.marker },
    });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => (this.out += text));
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.err += text));
    this.exited = new Promise((resolve) =>
      this.child.on("close", (code, signal) => resolve({ code, signal })),
    );
  }

  /** What the supervisor said so far, where it was started with `--json`. */
  get said(): Said[] {
    return this.out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Said)
      .filter((said) => said.unit === "kerf");
  }

  /** The next line with this event, after the first `skip` lines that were said. */
  async event(event: string, about?: string, skip = 0): Promise<Said> {
    return await this.until(() =>
      this.said
        .slice(skip)
        .find((said) => said.event === event && (about === undefined || said.about === about)),
    );
  }

  async until<T>(find: () => T | undefined | false, timeoutMs = 20_000): Promise<T> {
    return await vi.waitFor(
      () => {
        const found = find();
        if (!found) throw new Error(`not within ${timeoutMs} ms; so far:\n${this.out}\n${this.err}`);
        return found;
      },
      { timeout: timeoutMs, interval: 20 },
    );
  }

  /** As Ctrl-C on a terminal does: to the whole group. */
  interrupt(): void {
    process.kill(-this.child.pid!, "SIGINT");
  }

  /** Every process that came from this one and lives. */
  descendants(): number[] {
    return processes((pid) => readFileSync(`/proc/${pid}/environ`, "utf8").includes(this.marker));
  }

  /** Kills what is left, for a test that failed. */
  async destroy(): Promise<void> {
    for (const pid of this.descendants()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself meanwhile.
      }
    }
    await this.exited;
  }
}

/** The processes whose command line names `text`: PostgreSQL and its keeper have an environment of their own. */
export function processesNaming(text: string): number[] {
  return processes((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text));
}

function processes(matches: (pid: string) => boolean): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        // A zombie is dead, and only waits for its parent.
        return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8")) && matches(pid);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Runs a command to its end. */
export async function kerf(args: readonly string[], cwd: string, environment?: NodeJS.ProcessEnv) {
  const run = new KerfProcess(args, cwd, environment);
  const { code } = await run.exited;
  return { code, out: run.out, err: run.err };
}
