import { createReadStream } from "node:fs";
import { FormatError } from "./csv.ts";
import { parseRows } from "./parse.ts";
import { planOf, type Plan } from "./plan.ts";

/** The file cannot be played: which, where, and how to mend it. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** Reads a file and plans it. @throws InputError for one that cannot be read or is not of this format */
export async function readPlan(file: string, signal: AbortSignal): Promise<Plan> {
  try {
    return await planOf(parseRows(textOf(file, signal)));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FormatError) throw new InputError(`${file}, line ${error.line}: ${error.message}`);
    throw new InputError(unreadable(file, error as NodeJS.ErrnoException));
  }
}

async function* textOf(file: string, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const piece of createReadStream(file, { signal }))
    yield decoder.decode(piece as Buffer, { stream: true });
  yield decoder.decode();
}

/** Why a file cannot be read, for people. */
export function unreadable(file: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return `there is no file ${file}`;
    case "EACCES":
    case "EPERM":
      return `${file} may not be read by this user`;
    case "EISDIR":
      return `${file} is a folder; name the file`;
    case "ERR_ENCODING_INVALID_ENCODED_DATA":
      return `${file} is not UTF-8. If it is Latin-1: iconv -f LATIN1 -t UTF-8 ${file} > utf8.csv`;
    default:
      throw error;
  }
}
