import type { RoleSettings } from "kerf";

/** Roles travel with every call inside, in one header. */
const maxLength = 2_000;

/** More roles than can travel. */
export class TooManyRoles extends Error {
  override readonly name = "TooManyRoles";
}

/** Makes the function that takes roles out of the claims of a token that was verified. @throws TooManyRoles */
export function roleReader(settings: RoleSettings | undefined): (claims: object) => readonly string[] {
  const { claim = "roles", prefix = "", map } = settings ?? {};
  // The name of a claim may itself be a URL, as some providers ask for.
  const path = typeof claim !== "string" ? claim : claim.includes("://") ? [claim] : claim.split(".");
  const meanings = map && new Map(Object.entries(map).map(([name, roles]) => [name, [roles].flat()]));

  return (claims) => {
    const roles = new Set<string>();
    for (const name of namesOf(valueAt(claims, path))) {
      if (!name.startsWith(prefix)) continue;
      const cut = name.slice(prefix.length);
      for (const role of meanings ? (meanings.get(cut) ?? []) : [cut]) if (role !== "") roles.add(role);
    }
    const found = [...roles];
    if (found.join(" ").length > maxLength)
      throw new TooManyRoles(
        `has roles of more than ${maxLength} characters: choose with roles.prefix or roles.map`,
      );
    return found;
  };
}

function valueAt(claims: object, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function namesOf(value: unknown): readonly string[] {
  if (typeof value === "string") return value.split(" ");
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}
