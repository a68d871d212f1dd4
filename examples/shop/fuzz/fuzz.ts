import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Also in package.json, which installs it. */
const SCHEMATHESIS = "schemathesis==4.32.5";
const root = fileURLToPath(new URL("../../../", import.meta.url));
const configuration = fileURLToPath(new URL("schemathesis.toml", import.meta.url));

/** Who asks: each may do other things, and fails in other ways. */
export const people = {
  stranger: undefined,
  customer: "Bearer dev:alice",
  staff: "Bearer dev:bob:staff",
} as const;

export interface FuzzOptions {
  /** Origin of a running gateway. */
  readonly gateway: string;
  readonly who: keyof typeof people;
  readonly seconds: number;
  /** The same seed asks the same, as far as the answers are the same. */
  readonly seed: number;
}

export interface Findings {
  readonly who: keyof typeof people;
  /** Whether every answer was as the OpenAPI document has it, and none a 5xx. */
  readonly clean: boolean;
  readonly report: string;
}

/** Makes sure that Schemathesis is there. @throws Error where it cannot be installed */
export async function installSchemathesis(): Promise<void> {
  const { code, output } = await run(
    "sh",
    [join(root, "scripts/python.sh"), ".venv-fuzz", SCHEMATHESIS],
    root,
  );
  if (code !== 0) throw new Error(`Schemathesis cannot be installed:\n${output}`);
}

/** Asks every route of `/openapi.json` for what it may and may not be asked, as one person. */
export async function fuzz({ gateway, who, seconds, seed }: FuzzOptions): Promise<Findings> {
  // It keeps what it found in the folder where it runs.
  const folder = await mkdtemp(join(tmpdir(), "kerf-fuzz-"));
  const credential = people[who];
  try {
    const { code, output } = await run(
      join(root, ".venv-fuzz/bin/schemathesis"),
      [
        "--config-file",
        configuration,
        "--no-color",
        "run",
        `${gateway}/openapi.json`,
        `--seed=${seed}`,
        `--max-time=${seconds}`,
        "--max-examples=20",
        "--phases=examples,coverage,fuzzing,stateful",
        "--suppress-health-check=all",
        "--continue-on-failure",
        ...(credential === undefined ? [] : [`--header=Authorization: ${credential}`]),
      ],
      folder,
    );
    return { who, clean: code === 0, report: output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const end = () => child.kill("SIGKILL");
    process.once("exit", end);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text: Buffer) => (output += text.toString()));
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("exit", end);
      resolve({ code, output });
    });
  });
}
