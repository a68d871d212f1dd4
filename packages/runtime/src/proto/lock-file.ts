import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { AnyContract } from "kerf";
import { type ContractLock, emptyLock } from "./lock.ts";
import type { IncompatibleChange } from "./lock-compare.ts";
import { checkLock, updateLock } from "./lock-update.ts";
import { parseLock } from "./lock-parse.ts";
import { lockText } from "./lock-text.ts";

/** The contracts and their lock file do not agree. `problems` has each place, reason and mend. */
export class ContractLockError extends Error {
  override readonly name = "ContractLockError";
  readonly problems: readonly IncompatibleChange[];

  constructor(file: string, problems: readonly IncompatibleChange[]) {
    const lines = problems.map(
      ({ place, reason, mend }) => `  ${place}: ${reason}.\n    To mend it: ${mend}.`,
    );
    super(`${file} and the contracts do not agree:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** Reads a lock file; a missing one is empty. @throws ContractLockError for one that is damaged or badly merged. */
export async function readLock(file: string): Promise<ContractLock> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return emptyLock;
    throw error;
  }
  const { lock, problems } = parseLock(text);
  if (problems.length > 0) throw new ContractLockError(basename(file), problems);
  return lock;
}

/** Replaces the file in one step, so that a reader never sees half of it. */
export async function writeLock(file: string, lock: ContractLock): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, lockText(lock));
  await rename(draft, file);
}

/**
 * Brings the lock file up to date with `contracts` and gives the lock to run with. With `frozen` (in CI and in
 * production) nothing is written, and a lock that is out of date is an error too.
 * @throws ContractLockError
 */
export async function lockContracts(
  file: string,
  contracts: readonly AnyContract[],
  options: { readonly frozen: boolean; readonly accept?: readonly string[] },
): Promise<ContractLock> {
  const before = await readLock(file);
  if (options.frozen) {
    const problems = checkLock(before, contracts);
    if (problems.length > 0) throw new ContractLockError(basename(file), problems);
    return before;
  }
  const { lock, changed, refused } = updateLock(before, contracts, { accept: options.accept ?? [] });
  if (refused.length > 0) throw new ContractLockError(basename(file), refused);
  if (changed.length > 0) await writeLock(file, lock);
  return lock;
}
