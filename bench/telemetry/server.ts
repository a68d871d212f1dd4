/** A process that answers requests, and the load that it is put under. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "../edge/load.ts";

export interface Server {
  readonly origin: string;
  /** CPU of all its threads so far, in microseconds. */
  cpuUs(): number;
  stop(): Promise<void>;
}

export interface Sample {
  readonly perSecond: number;
  /** Of a request. */
  readonly cpuUs: number;
}

/** Of `/proc/<pid>/stat`: 100 a second on every Linux. */
const tickUs = 10_000;

/** Starts a program on a port. @throws Error where it ends before it answers */
export async function startServer(
  program: readonly string[],
  port: number,
  environment: Readonly<Record<string, string>>,
): Promise<Server> {
  const child = spawn(process.execPath, program, {
    env: { ...process.env, NODE_ENV: "production", KERF_PORT: String(port), ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const origin = `http://127.0.0.1:${port}`;
  // The shop makes its data at its first start.
  while (!(await answers(origin))) {
    if (child.exitCode !== null) throw new Error(`${program.join(" ")} ended (${child.exitCode})`);
    await sleep(50);
  }
  return {
    origin,
    cpuUs() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
      return (Number(fields[11]) + Number(fields[12])) * tickUs;
    },
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

async function answers(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/v1/hello/ada`)).status < 500;
  } catch {
    return false;
  }
}

/** Asks as fast as it is answered, over 64 connections. `folder`: for what the load is told to do. */
export async function ask(folder: string, server: Server, path: string, seconds: number): Promise<Sample> {
  const before = server.cpuUs();
  const { requests, perSecond } = await load(folder, {
    origin: server.origin,
    paths: [path],
    method: "GET",
    tokens: [],
    connections: 64,
    seconds,
  });
  return { perSecond, cpuUs: (server.cpuUs() - before) / requests };
}
