import { refuse } from "./refuse.ts";
import type { ServiceDefinition } from "./service.ts";

export type LoadService = () => Promise<{ readonly default: ServiceDefinition }>;

/** Which services are in which unit: `"*"` takes those that no other unit names, `"each"` gives every one its own. */
export type TopologySpec<S extends string> =
  | "each"
  | { readonly [unit: string]: "*" | readonly (S | "gateway")[] };

/** An application as data. Made by {@link app}. */
export interface App {
  readonly name: string;
  readonly services: { readonly [service: string]: LoadService };
  /** Name to topology, resolved; the first is the default. */
  readonly topologies: ReadonlyMap<string, Topology>;
  readonly gateway: GatewaySettings;
  /** Lines that `kerf dev` prints when everything runs: commands to try. `{gateway}` stands for the gateway's URL. */
  readonly hints: readonly string[];
}

export interface GatewaySettings {
  /** Origins that browsers may call from; none where absent. */
  readonly cors?: { readonly origins: readonly string[] };
}

export interface Topology {
  readonly name: string;
  readonly units: readonly Unit[];
}

/** A process: the services that it runs, and whether it holds the gateway. */
export interface Unit {
  readonly name: string;
  readonly services: readonly string[];
  readonly gateway: boolean;
}

const namePattern = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * Declares an application: its services, and the topologies that it can run in.
 * @throws DeclarationError for a service that is unknown, in two units or in none, two units with "*", a bad name
 */
export function app<const S extends { readonly [service: string]: LoadService }>(
  name: string,
  spec: {
    readonly services: S;
    readonly topologies: { readonly [topology: string]: TopologySpec<keyof S & string> };
    readonly gateway?: GatewaySettings;
    readonly hints?: readonly string[];
  },
): App {
  const place = `app("${name}")`;
  if (!namePattern.test(name))
    refuse(place, "the name is not lower-case letters, digits and dashes", "rename it");
  const services = Object.keys(spec.services);
  if (services.length === 0) refuse(place, "has no services", "list at least one");
  if (services.includes("gateway"))
    refuse(place, 'a service is called "gateway"', "rename it: the gateway is a member of its own");
  if (Object.keys(spec.topologies).length === 0)
    refuse(place, "has no topologies", 'add one, such as { monolith: { all: "*" } }');
  const topologies = new Map<string, Topology>();
  for (const [key, value] of Object.entries(spec.topologies)) {
    topologies.set(key, resolve(key, value as TopologySpec<string>, services, `${place}.topologies.${key}`));
  }
  return Object.freeze({
    name,
    services: spec.services,
    topologies,
    gateway: spec.gateway ?? {},
    hints: spec.hints ?? [],
  });
}

function resolve(
  name: string,
  spec: TopologySpec<string>,
  services: readonly string[],
  place: string,
): Topology {
  if (!namePattern.test(name))
    refuse(place, "the name is not lower-case letters, digits and dashes", "rename it");
  const listed = spec === "each" ? Object.fromEntries(services.map((s) => [s, [s]])) : spec;
  const home = new Map<string, string>();
  for (const [unit, members] of Object.entries(listed)) {
    if (!/^[a-z][a-zA-Z0-9-]{0,39}$/.test(unit))
      refuse(`${place}.${unit}`, "the name is not letters, digits and dashes", "rename the unit");
    if (members === "*") continue;
    if (!Array.isArray(members))
      refuse(`${place}.${unit}`, 'is neither a list of services nor "*"', "list its services");
    for (const member of members) {
      if (member !== "gateway" && !services.includes(member)) {
        refuse(
          `${place}.${unit}`,
          `there is no service "${member}"${nearest(member, services)}`,
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
  const rest = Object.entries(listed).filter(([, members]) => members === "*");
  if (rest.length > 1)
    refuse(
      place,
      `${rest.map(([unit]) => `"${unit}"`).join(" and ")} both take "*"`,
      'one unit at most takes "*"',
    );
  const left = services.filter((s) => !home.has(s));
  if (rest.length === 0 && left.length > 0) {
    refuse(
      place,
      `${left.map((s) => `"${s}"`).join(", ")} ${left.length > 1 ? "are" : "is"} in no unit`,
      'list them, or give one unit "*"',
    );
  }
  const units = Object.entries(listed).map(([unit, members]) => ({
    name: unit,
    services: members === "*" ? left : members.filter((m) => m !== "gateway"),
    gateway: home.get("gateway") === unit,
  }));
  if (!home.has("gateway")) {
    if (units.length === 1) units[0]!.gateway = true;
    else {
      if (units.some((u) => u.name === "gateway"))
        refuse(
          `${place}.gateway`,
          "is the name of the gateway's own unit",
          'rename the unit, or list "gateway" in it',
        );
      units.unshift({ name: "gateway", services: [], gateway: true });
    }
  }
  return { name, units };
}

/** The words of `known` that `word` is a typing error of. */
function nearest(word: string, known: readonly string[]): string {
  const close = known.find(
    (k) =>
      k[0] === word[0] &&
      Math.abs(k.length - word.length) <= 2 &&
      [...word].filter((c) => k.includes(c)).length >= word.length - 1,
  );
  return close ? ` (did you mean "${close}"?)` : "";
}
