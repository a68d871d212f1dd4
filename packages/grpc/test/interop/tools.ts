import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = new URL("../../interop/", import.meta.url);

/** Where `setup.sh` put a program; undefined when it was not run. */
export function tool(name: string): string | undefined {
  const path = fileURLToPath(
    new URL(name === "python" ? ".tools/venv/bin/python" : `.tools/bin/${name}`, here),
  );
  return existsSync(path) ? path : undefined;
}

export function file(name: string): string {
  return fileURLToPath(new URL(name, here));
}

export interface Ended {
  readonly code: number | null;
  /** What it wrote to both outputs. */
  readonly output: string;
}

/** Runs a program to its end; it is killed after `timeoutMs`. */
export function run(program: string, args: readonly string[], timeoutMs = 60_000): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { timeout: timeoutMs, killSignal: "SIGKILL" });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** Starts a program that runs until it is killed, and waits for a line that matches `ready`. */
export async function start(
  program: string,
  args: readonly string[],
  ready: RegExp,
): Promise<{ child: ChildProcess; match: RegExpExecArray }> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        const found = ready.exec(line);
        if (found !== null) resolve(found);
      });
    }
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code} before it was ready`)));
  });
  return { child, match };
}

export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
