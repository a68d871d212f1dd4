import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = new URL("../../../", import.meta.url);
const python = fileURLToPath(new URL(".venv/bin/python", root));
const script = fileURLToPath(new URL("scripts/python.sh", root));

/** The Python that has the stock gRPC. Made here where it is missing; in CI the build makes it, before the tests. */
export async function pythonWithGrpc(): Promise<string> {
  if (process.env["CI"] === "true") {
    await access(python).catch(() => {
      throw new Error("The Python for this test is missing: run scripts/python.sh before the tests.");
    });
    return python;
  }
  await run(script, { timeout: 300_000 });
  return python;
}

/** Runs a Python script beside `base` and gives what it printed. */
export async function runPython(base: string, file: string, args: readonly string[]): Promise<string> {
  const path = fileURLToPath(new URL(file, base));
  try {
    const { stdout } = await run(await pythonWithGrpc(), [path, ...args], { timeout: 60_000 });
    return stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${file} failed:\n${stderr || message}`, { cause: error });
  }
}
