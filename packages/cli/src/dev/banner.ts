import type { App, Topology } from "kerf";
import { table, type Output } from "../output.ts";
import { referenceOf } from "../reference.ts";
import type { ReadyMessage } from "./unit-process.ts";

/** Where the database is, without its password. */
export interface DatabasePlace {
  readonly address: string;
  readonly what: string;
}

export interface Running {
  readonly app: App;
  readonly topology: Topology;
  readonly units: ReadonlyMap<string, ReadyMessage>;
  /** URL of the provider to log in at. */
  readonly issuer: string | undefined;
  readonly database: DatabasePlace;
  readonly ms: number;
}

/** What runs where, and what to try: printed once, when everything is ready. */
export function banner({ app, topology, units, issuer, database, ms }: Running, { paint }: Output): string[] {
  const gateway = gatewayOf(units);
  const { reference, legacy } = app.gateway;
  const hasLegacy = legacy !== undefined || Boolean(process.env["KERF_LEGACY_URL"]);
  const shown = gateway !== undefined && referenceOf(reference, !hasLegacy) !== undefined;
  const rows = [
    ...(gateway ? [["gateway", gateway, app.gateway.static ? "open it in a browser" : ""]] : []),
    ...(shown ? [["reference", `${gateway}/docs/`, ""]] : []),
    ...topology.units
      .filter(({ services }) => services.length > 0)
      .map((unit) => [
        unit.name,
        [...units]
          .flatMap(([name, { address }]) => (isOf(name, unit.name) && address ? [address] : []))
          .join(", "),
        [...(unit.gateway ? ["gateway"] : []), ...unit.services].join(", "),
      ]),
    ...(issuer ? [["log-in", issuer, `as ${peopleOf(app)}`]] : []),
    ["database", database.address, database.what],
  ];
  const count = topology.units.length;
  return [
    paint(
      "bold",
      `${app.name} runs as "${topology.name}": ${count} ${count === 1 ? "unit" : "units"}, ready in ${Math.round(ms)} ms`,
    ),
    ...table(rows).map((row) => `  ${row}`),
    ...(gateway ? ["Try:", ...toTry(app, gateway, units).map((line) => `  ${paint("cyan", line)}`)] : []),
    "Ctrl-C ends everything.",
  ];
}

/** The people to log in as, with their roles: `alice, office (staff)`. */
function peopleOf({ gateway: { developmentProvider } }: App): string {
  const people = (developmentProvider?.people ?? []).map(({ id, roles }) =>
    roles?.length ? `${id} (${roles.join(", ")})` : id,
  );
  return people.length > 5
    ? `${people.slice(0, 4).join(", ")} or ${people.length - 4} more`
    : people.join(", ");
}

/** Whether a process is a replica of a unit. */
function isOf(process: string, unit: string): boolean {
  return process.split("/")[0] === unit;
}

export function gatewayOf(units: ReadonlyMap<string, ReadyMessage>): string | undefined {
  // The first replica has the port that was asked for; the others have a gateway that nobody knows.
  return [...units].find(([name, { gateway }]) => gateway !== undefined && !name.includes("/"))?.[1].gateway;
}

function toTry(app: App, gateway: string, units: ReadonlyMap<string, ReadyMessage>): string[] {
  const example = [...units.values()].find((unit) => unit.example !== undefined)?.example;
  return [
    ...(example === undefined ? [] : [`curl ${quoted(gateway + example)}`]),
    ...app.hints.map((hint) => hint.replaceAll("{gateway}", gateway)),
  ];
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w:/.@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
