import { join } from "node:path";
import { ContractLockError, readLock, updateLock, type ContractLock } from "@kerf/runtime/proto";
import type { AnyContract } from "kerf";

const NAME = "contracts.lock.json";

export function lockFile(folder: string): string {
  return join(folder, NAME);
}

/**
 * The field numbers to run with: those of the lock file, and for what is new the next ones. Nothing is written: units
 * start at once, and each comes to the same numbers.
 * @throws ContractLockError for a contract that changed incompatibly
 */
export async function lockToRunWith(
  folder: string,
  contracts: readonly AnyContract[],
): Promise<ContractLock> {
  const { lock, refused } = updateLock(await readLock(lockFile(folder)), contracts);
  if (refused.length > 0) throw new ContractLockError(NAME, refused);
  return lock;
}
