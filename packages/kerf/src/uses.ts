import { describe, isContract, type AnyContract } from "./contract.ts";
import { refuse } from "./refuse.ts";
import { unique } from "./unique.ts";

/** Checks a list of contracts that may be called. @throws DeclarationError at `place` */
export function checkUses(uses: readonly AnyContract[], place: string): void {
  if (!Array.isArray(uses)) refuse(`${place}.uses`, "is not a list", "list contracts: uses: [catalog]");
  for (const used of uses)
    if (!isContract(used))
      refuse(
        `${place}.uses`,
        "names what is not a contract",
        "list what contract() returns: uses: [catalog]",
      );
  unique(
    uses.map((used) => describe(used).id),
    `${place}.uses`,
    "name each contract once",
  );
}
