import { checkCdn, type CdnSettings } from "./cdn.ts";
import { checkDevelopmentProvider, type DevelopmentProvider } from "./development-provider.ts";
import { checkIdentity, type IdentitySettings } from "./identity.ts";
import { checkAppLimits, type AppLimits } from "./limit.ts";
import { checkForeign, type ForeignService } from "./foreign.ts";
import type { LegacySettings } from "./legacy.ts";
import { checkReference, type ReferenceSettings } from "./reference.ts";
import { refuse } from "./refuse.ts";
import type { ServiceDefinition } from "./service.ts";
import { checkStaticFiles, type StaticFiles } from "./static-files.ts";
import { resolveUnits, type TopologySpec, type Unit } from "./units.ts";

export type LoadService = () => Promise<{ readonly default: ServiceDefinition }>;

/** An application as data. Made by {@link app}. */
export interface App {
  readonly name: string;
  readonly services: { readonly [service: string]: LoadService };
  /** Name to topology, resolved; the first is the default. */
  readonly topologies: ReadonlyMap<string, Topology>;
  readonly gateway: GatewaySettings;
  /** Services that Kerf does not run, by the names of their contracts. */
  readonly foreign: { readonly [name: string]: ForeignService };
  /** Lines that `kerf dev` prints when everything runs: commands to try. `{gateway}` stands for the gateway's URL. */
  readonly hints: readonly string[];
  /** What `kerf chaos` ends with: a command that must end with 0, or a URL or path of the gateway that must answer 2xx. */
  readonly audit: string | undefined;
}

export interface GatewaySettings {
  /** Origins that browsers may call from; none where absent. */
  readonly cors?: { readonly origins: readonly string[] };
  /** Whose access tokens are believed. KERF_OIDC_ISSUER and KERF_OIDC_AUDIENCE say other things on a machine. */
  readonly identity?: IdentitySettings;
  /** People to log in as under `kerf dev`, whose tokens are believed there in place of those of `identity`. */
  readonly developmentProvider?: DevelopmentProvider;
  /** How often one caller may ask, of all members together. */
  readonly limits?: AppLimits;
  /** What stands in front and keeps answers: it is told for how long, and by events what is old. */
  readonly cdn?: CdnSettings;
  /** A front end, served where no route answers. */
  readonly static?: StaticFiles;
  /** Pages for callers at `/docs/`. Where absent they are there in `kerf dev` only. */
  readonly reference?: boolean | ReferenceSettings;
  /** An existing application, which answers what no contract does. KERF_LEGACY_URL says where it is on a machine. */
  readonly legacy?: LegacySettings;
}

export interface Topology {
  readonly name: string;
  readonly units: readonly Unit[];
}

const namePattern = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * Declares an application: its services, and the topologies that it can run in.
 * @throws DeclarationError for a service that is unknown, in two units or in none; an empty unit; two units with "*";
 *   a bad name
 */
export function app<const S extends { readonly [service: string]: LoadService }>(
  name: string,
  spec: {
    /** May be absent where there is `gateway.legacy`: the gateway then only stands before that. */
    readonly services?: S;
    /** One of a single unit where there are no services. */
    readonly topologies?: { readonly [topology: string]: TopologySpec<keyof S & string> };
    readonly gateway?: GatewaySettings;
    /** Services that Kerf does not run: `{ bookshop: http(bookshop, {…}) }`. */
    readonly foreign?: { readonly [name: string]: ForeignService };
    readonly hints?: readonly string[];
    readonly audit?: string;
  },
): App {
  const place = `app("${name}")`;
  if (!namePattern.test(name))
    refuse(place, "the name is not lower-case letters, digits and dashes", "rename it");
  const services = checkServices(spec.services ?? {}, spec.gateway?.legacy !== undefined, place);
  const declared =
    spec.topologies ?? (services.length === 0 ? { monolith: { [name]: ["gateway"] as const } } : {});
  if (Object.keys(declared).length === 0)
    refuse(place, "has no topologies", 'add one, such as { monolith: { all: "*" } }');
  const topologies = new Map<string, Topology>();
  for (const [key, value] of Object.entries(declared)) {
    const at = `${place}.topologies.${key}`;
    if (!namePattern.test(key))
      refuse(at, "the name is not lower-case letters, digits and dashes", "rename it");
    topologies.set(key, { name: key, units: resolveUnits(value as TopologySpec<string>, services, at) });
  }
  if (spec.foreign) checkForeign(spec.foreign, services, `${place}.foreign`);
  if (spec.gateway?.static) checkStaticFiles(spec.gateway.static, `${place}.gateway.static`);
  checkCdn(spec.gateway?.cdn, `${place}.gateway.cdn`);
  checkAppLimits(spec.gateway?.limits, `${place}.gateway.limits`);
  if (spec.gateway?.developmentProvider)
    checkDevelopmentProvider(spec.gateway.developmentProvider, `${place}.gateway.developmentProvider`);
  if (spec.gateway?.identity) checkIdentity(spec.gateway.identity, `${place}.gateway.identity`);
  if (spec.gateway?.reference !== undefined)
    checkReference(spec.gateway.reference, `${place}.gateway.reference`);
  return Object.freeze({
    name,
    services: spec.services ?? {},
    topologies,
    gateway: spec.gateway ?? {},
    foreign: spec.foreign ?? {},
    hints: spec.hints ?? [],
    audit: spec.audit,
  });
}

function checkServices(
  services: { readonly [service: string]: unknown },
  mayBeNone: boolean,
  place: string,
): readonly string[] {
  const names = Object.keys(services);
  if (names.length === 0 && !mayBeNone) refuse(place, "has no services", "list at least one");
  for (const name of names) {
    const at = `${place}.services.${name}`;
    if (name === "gateway")
      refuse(at, 'a service is called "gateway"', "rename it: the gateway is a member of its own");
    if (!/^[a-z][a-zA-Z0-9]{0,39}$/.test(name))
      refuse(
        at,
        "the name is not a camelCase word of at most 40 letters and digits",
        "name it as its contract is named",
      );
    if (typeof services[name] !== "function")
      refuse(
        at,
        "is not a function that imports the service",
        `write () => import("./services/${name}/service.ts")`,
      );
  }
  return names;
}
