import { readFile, writeFile } from "node:fs/promises";
import shop from "../kerf.config.ts";
import { help, readArguments, UsageError, type Asked } from "./arguments.ts";
import { readBooks, type Books } from "./books.ts";
import { Refused, Unreachable } from "./client.ts";
import { ChaosFailure } from "./chaos.ts";
import { compareBooks, differencesText } from "./compare.ts";
import { InputError, readPlan, unreadable } from "./input.ts";
import { replay } from "./replay.ts";
import { textOf } from "./report.ts";
import { StartFailure } from "./running-shop.ts";

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    if (!interrupted.signal.aborted)
      process.stderr.write("\nEnding: the shop is stopped and its data removed.\n");
    interrupted.abort(new Error("interrupted"));
  });
// Whoever read the output has gone: what was begun still has to be ended.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", () => interrupted.abort(new Error("interrupted")));

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const asked = readArguments(argv, [...shop.topologies.keys()]);
    switch (asked.what) {
      case "help":
        print(help);
        return 0;
      case "compare":
        return await compare(asked.left, asked.right);
      case "replay":
        return await play(asked);
    }
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    return explain(error);
  }
}

async function play(asked: Extract<Asked, { what: "replay" }>): Promise<number> {
  const { signal } = interrupted;
  const plan = await readPlan(asked.file, signal);
  // Found out before the run rather than after it.
  if (asked.books !== undefined) await write(asked.books, "");
  const { report, books } = await replay(plan, { ...asked, signal, screen: process.stderr });
  if (asked.books !== undefined) await write(asked.books, `${JSON.stringify(books, undefined, 1)}\n`);
  print(asked.json ? JSON.stringify(report, undefined, 2) : textOf(report));
  return report.audit.every(({ ok }) => ok) ? 0 : 1;
}

async function compare(left: string, right: string): Promise<number> {
  const [a, b] = [await readBooksOf(left), await readBooksOf(right)];
  const differences = compareBooks(a, b);
  print(differencesText(a, b, differences));
  return differences.length === 0 ? 0 : 1;
}

async function readBooksOf(file: string): Promise<Books> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new InputError(unreadable(file, error as NodeJS.ErrnoException));
  }
  const books = readBooks(text);
  if (!books) throw new InputError(`${file} is not what --books writes`);
  return books;
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new InputError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Tells what went wrong, and gives the exit code. A fault of ours keeps its stack. */
function explain(error: unknown): number {
  const wrong = error instanceof UsageError || error instanceof InputError;
  const foreseen =
    wrong || [StartFailure, Refused, Unreachable, ChaosFailure].some((kind) => error instanceof kind);
  const text = foreseen ? (error as Error).message : ((error as Error).stack ?? String(error));
  process.stderr.write(`replay: ${text}\n`);
  if (error instanceof UsageError) process.stderr.write("npm run replay -- --help tells how it is used.\n");
  return wrong ? 2 : 1;
}
