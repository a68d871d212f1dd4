import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  ContractLockError,
  lockContracts,
  readLock,
  updateLock,
  type ContractLock,
} from "@kerf/runtime/proto";
import type { AnyContract } from "kerf";

const NAME = "contracts.lock.json";

export function lockFile(folder: string): string {
  return join(folder, NAME);
}

/**
 * The field numbers to run with: those of the lock file, and for what is new the next ones. Nothing is written: units
 * start at once, and each comes to the same numbers. With `frozen`, as in production, a lock file that is out of date is
 * an error too.
 * @throws ContractLockError for a contract that changed incompatibly
 */
export async function lockToRunWith(
  folder: string,
  contracts: readonly AnyContract[],
  { frozen = false }: { frozen?: boolean } = {},
): Promise<ContractLock> {
  const file = lockFile(folder);
  // An application that nobody calls by gRPC needs none.
  if (frozen && existsSync(file)) return await lockContracts(file, contracts, { frozen });
  const { lock, refused } = updateLock(await readLock(file), contracts);
  if (refused.length > 0) throw new ContractLockError(NAME, refused);
  return lock;
}
