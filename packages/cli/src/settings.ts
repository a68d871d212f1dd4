import { durationMs, nearest, type Topology, type Unit } from "kerf";
import { readIdentity, type IdentityEnvironment } from "./identity.ts";
import { HANDED } from "./handed.ts";
import { Failure } from "./usage.ts";

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where one unit listens and finds the others: from the environment, since it differs from machine to machine. */
export interface Settings {
  /** KERF_DATABASE_URL; the embedded PostgreSQL where absent. */
  readonly databaseUrl: string | undefined;
  /** KERF_REDIS_URL, for caches and limits that processes share; each has its own where absent. */
  readonly redisUrl: string | undefined;
  /** KERF_LISTEN, `host:port` of this unit's gRPC. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  /** KERF_ENDPOINTS, a JSON object: unit to `host:port`, or to those of its replicas, separated by commas. */
  readonly endpoints: ReadonlyMap<string, string>;
  /** KERF_DISCOVERY=dns instead, with KERF_DNS_PORT and KERF_DNS_SUFFIX. */
  readonly dns: { readonly port: number; readonly suffix: string } | undefined;
  /** KERF_HOST and KERF_PORT of the gateway; 127.0.0.1 and 4000 where absent. */
  readonly gateway: { readonly host: string; readonly port: number };
  /** KERF_HANDED=1: a supervisor listens there, and hands the connections over. */
  readonly handed: boolean;
  /** KERF_TRUSTED_PROXIES: how many proxies of one's own stand before the gateway; 0 where absent. */
  readonly trustedProxies: number;
  /** KERF_RELEASES_FILE: which new versions of services are tried. */
  readonly releasesFile: string | undefined;
  /** KERF_HEALTH_HOST and KERF_HEALTH_PORT; 127.0.0.1 and, there only, one that is free where absent. */
  readonly health: { readonly host: string; readonly port: number };
  /** KERF_LEASE_MS; the runtime's default where absent. */
  readonly leaseMs: number | undefined;
  /** KERF_IDENTITY=development: whoever says who they are is believed. */
  readonly developmentIdentity: boolean;
  readonly identity: IdentityEnvironment;
  /** KERF_LEGACY_URL: where the existing application is, instead of what the app says. */
  readonly legacyUrl: string | undefined;
}

/** @throws Failure that names the variable, what is wrong with it, and how it is written */
export function readSettings(environment: Environment, topology: Topology, unit: Unit): Settings {
  const given = (name: string) => environment[name] || undefined;
  const identity = given("KERF_IDENTITY");
  if (identity !== undefined && identity !== "development")
    throw new Failure('KERF_IDENTITY: the only value is "development".');
  return {
    databaseUrl: given("KERF_DATABASE_URL"),
    redisUrl: given("KERF_REDIS_URL"),
    listen:
      given("KERF_LISTEN") === undefined ? undefined : hostAndPort("KERF_LISTEN", given("KERF_LISTEN")!),
    endpoints: readEndpoints(given("KERF_ENDPOINTS"), topology, unit),
    dns: readDns(given),
    gateway: {
      host: given("KERF_HOST") ?? "127.0.0.1",
      port: readPort("KERF_PORT", given("KERF_PORT") ?? "4000"),
    },
    handed: given(HANDED) !== undefined,
    releasesFile: given("KERF_RELEASES_FILE"),
    trustedProxies: readProxies(given("KERF_TRUSTED_PROXIES") ?? "0"),
    health: readHealth(given),
    leaseMs: readLease(given("KERF_LEASE_MS")),
    developmentIdentity: identity === "development",
    identity: readIdentity(environment),
    legacyUrl: given("KERF_LEGACY_URL"),
  };
}

const form = `'{"checkout":"10.0.0.7:5000,10.0.0.8:5000","back":"back.internal:5000"}'`;

function readEndpoints(text: string | undefined, topology: Topology, unit: Unit): Map<string, string> {
  if (text === undefined) return new Map();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure(`KERF_ENDPOINTS is not JSON. Write it as ${form}.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Failure(`KERF_ENDPOINTS is not an object. Write it as ${form}.`);
  const units = topology.units.map(({ name }) => name);
  const endpoints = new Map<string, string>();
  for (const [name, address] of Object.entries(value)) {
    if (!units.includes(name)) {
      const close = nearest(name, units);
      throw new Failure(
        `KERF_ENDPOINTS names the unit "${name}", which "${topology.name}" does not have` +
          `${close ? ` (did you mean "${close}"?)` : ""}. It has: ${units.join(", ")}.`,
      );
    }
    if (typeof address !== "string")
      throw new Failure(`KERF_ENDPOINTS.${name} is no text. Write it as ${form}.`);
    const replicas = address.split(",").map((one) => one.trim());
    for (const one of replicas) hostAndPort(`KERF_ENDPOINTS.${name}`, one);
    if (name !== unit.name) endpoints.set(name, replicas.join(","));
  }
  return endpoints;
}

function readDns(given: (name: string) => string | undefined): Settings["dns"] {
  const discovery = given("KERF_DISCOVERY");
  if (discovery === undefined) {
    const idle = ["KERF_DNS_PORT", "KERF_DNS_SUFFIX"].find((name) => given(name) !== undefined);
    if (idle) throw new Failure(`${idle} is set, but nothing reads it. Set KERF_DISCOVERY=dns with it.`);
    return undefined;
  }
  if (discovery !== "dns")
    throw new Failure('KERF_DISCOVERY: the only value is "dns". Leave it out where KERF_ENDPOINTS is set.');
  if (given("KERF_ENDPOINTS") !== undefined)
    throw new Failure(
      "KERF_DISCOVERY and KERF_ENDPOINTS both say where the other units are. Set one of them.",
    );
  const port = readPort("KERF_DNS_PORT", given("KERF_DNS_PORT") ?? "");
  const suffix = (given("KERF_DNS_SUFFIX") ?? "").replace(/^\./, "");
  if (port === 0) throw new Failure("KERF_DNS_PORT is 0. It is the port that the other units listen on.");
  if (!/^([a-z\d]([a-z\d-]*[a-z\d])?(\.|$))*$/i.test(suffix) || suffix.length > 190)
    throw new Failure(
      `KERF_DNS_SUFFIX is "${suffix}", which is no domain. Write it as shop.svc.cluster.local.`,
    );
  return { port, suffix: suffix === "" ? "" : `.${suffix}` };
}

function readHealth(given: (name: string) => string | undefined): Settings["health"] {
  const host = given("KERF_HEALTH_HOST");
  const port = readPort("KERF_HEALTH_PORT", given("KERF_HEALTH_PORT") ?? "0");
  if (host !== undefined && port === 0)
    throw new Failure(
      "KERF_HEALTH_HOST is set, and KERF_HEALTH_PORT is not: nobody elsewhere would know the port. Set it too, such as to 9464.",
    );
  return { host: host ?? "127.0.0.1", port };
}

function hostAndPort(name: string, text: string): { host: string; port: number } {
  const found = /^(?:\[([\da-fA-F:]+)\]|([^:\s/]+)):(\d+)$/.exec(text);
  if (!found)
    throw new Failure(`${name} is "${text}", which is no address. Write host:port, such as 0.0.0.0:5000.`);
  return { host: (found[1] ?? found[2])!, port: readPort(name, found[3]!) };
}

function readLease(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Number(text);
  if (!/^\d+$/.test(text) || ms < 1_000 || ms > 600_000)
    throw new Failure(`KERF_LEASE_MS is "${text}". A lease is a whole number of ms, from 1000 to 600000.`);
  return ms;
}

function readProxies(text: string): number {
  if (!/^\d$/.test(text))
    throw new Failure(
      `KERF_TRUSTED_PROXIES is "${text}". It is how many proxies of your own every request passes, from 0 to 9.`,
    );
  return Number(text);
}

function readPort(name: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new Failure(`${name} is "${text}". A port is a whole number from 0 to 65535.`);
  return port;
}

/** KERF_RETENTION, such as `7d`: how long what is over is remembered. @throws Failure where it is no duration */
export function retentionOf(environment: Environment): { readonly handledMs: number } | undefined {
  const text = environment["KERF_RETENTION"] || undefined;
  if (text === undefined) return undefined;
  const handledMs = durationMs(text, "KERF_RETENTION");
  if (handledMs < 60_000) throw new Failure(`KERF_RETENTION is ${text}: a minute is the least.`);
  return { handledMs };
}
