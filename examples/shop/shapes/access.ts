import type { Claims } from "kerf";

/** Whether the person works here. */
export function isStaff({ actor }: Pick<Claims, "actor">): boolean {
  return actor?.roles.includes("staff") ?? false;
}

// #region own
/** Lets staff in, services of the graph, and the person whom `personOf(input)` names; who names nobody means themselves. */
export function ownOrStaff<I>(personOf: (input: I) => string | undefined) {
  return (input: I, claims: Claims): boolean => {
    if (claims.via !== "gateway" || isStaff(claims)) return true;
    if (!claims.actor) return false;
    const person = personOf(input);
    return person === undefined || person === claims.actor.id;
  };
}
// #endregion
