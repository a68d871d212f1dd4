import { nearest } from "./nearest.ts";
import { refuse } from "./refuse.ts";

/** Which services are in which unit: `"*"` takes those that no other unit names, `"each"` gives every one its own. */
export type TopologySpec<S extends string> =
  | "each"
  | { readonly [unit: string]: "*" | readonly (S | "gateway")[] };

/** A process: the services that it runs, and whether it holds the gateway. */
export interface Unit {
  readonly name: string;
  readonly services: readonly string[];
  readonly gateway: boolean;
}

type Listed = { readonly [unit: string]: "*" | readonly string[] };

/**
 * Settles which unit runs which service. Without a word about the gateway, a single unit holds it; several are joined
 * by a unit of its own that is called "gateway".
 * @throws DeclarationError at `place`, as {@link app} says
 */
export function resolveUnits(
  spec: TopologySpec<string>,
  services: readonly string[],
  place: string,
): readonly Unit[] {
  const listed = listUnits(spec, services, place);
  const home = findHomes(listed, services, place);
  const takers = Object.keys(listed).filter((unit) => listed[unit] === "*");
  if (takers.length > 1)
    refuse(
      place,
      `${takers.map((unit) => `"${unit}"`).join(" and ")} both take "*"`,
      'one unit at most takes "*"',
    );
  const left = services.filter((service) => !home.has(service));
  if (takers.length === 0 && left.length > 0)
    refuse(
      place,
      `${left.map((service) => `"${service}"`).join(", ")} ${left.length > 1 ? "are" : "is"} in no unit`,
      'list them, or give one unit "*"',
    );
  const units = Object.entries(listed).map(([name, members]) => ({
    name,
    services: members === "*" ? left : members.filter((member) => member !== "gateway"),
    gateway: home.get("gateway") === name,
  }));
  for (const unit of units)
    if (unit.services.length === 0 && !unit.gateway && (services.length > 0 || units.length > 1))
      refuse(`${place}.${unit.name}`, "has nothing to run", "list a service in it, or remove it");
  if (home.has("gateway")) return units;
  if (units.length === 1) return [{ ...units[0]!, gateway: true }];
  if (Object.hasOwn(listed, "gateway"))
    refuse(
      `${place}.gateway`,
      "is the name of the gateway's own unit",
      'rename the unit, or list "gateway" in it',
    );
  return [{ name: "gateway", services: [], gateway: true }, ...units];
}

function listUnits(spec: TopologySpec<string>, services: readonly string[], place: string): Listed {
  if (spec === "each") return Object.fromEntries(services.map((service) => [service, [service]]));
  if (typeof spec !== "object" || spec === null || Array.isArray(spec))
    refuse(
      place,
      `${JSON.stringify(spec)} is no topology`,
      'write "each", or units with their services: { all: "*" }',
    );
  for (const [unit, members] of Object.entries(spec)) {
    if (!/^[a-z][a-zA-Z0-9-]{0,39}$/.test(unit))
      refuse(`${place}.${unit}`, "the name is not letters, digits and dashes", "rename the unit");
    if (members !== "*" && !Array.isArray(members))
      refuse(`${place}.${unit}`, 'is neither a list of services nor "*"', "list its services");
  }
  return spec;
}

/** Member to the unit that lists it. */
function findHomes(listed: Listed, services: readonly string[], place: string): ReadonlyMap<string, string> {
  const home = new Map<string, string>();
  for (const [unit, members] of Object.entries(listed)) {
    for (const member of members === "*" ? [] : members) {
      if (member !== "gateway" && !services.includes(member)) {
        const meant = nearest(String(member), [...services, "gateway"]);
        refuse(
          `${place}.${unit}`,
          `there is no service "${member}"${meant === undefined ? "" : ` (did you mean "${meant}"?)`}`,
          `list one of: ${services.join(", ")}`,
        );
      }
      const other = home.get(member);
      if (other !== undefined)
        refuse(
          `${place}.${unit}`,
          `"${member}" is ${other === unit ? "listed twice" : `also in the unit "${other}"`}`,
          "a service is in one unit of a topology",
        );
      home.set(member, unit);
    }
  }
  return home;
}
