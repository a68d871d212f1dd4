import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readReleases, type ReleaseEntry, type ReleaseStatus } from "@kerf/runtime";
import { command, configOption } from "../arguments.ts";
import { readConfiguration } from "../load.ts";
import { standardOutput, type Output } from "../output.ts";
import { headed } from "../tables.ts";
import { Failure, refuseWord, UsageError } from "../usage.ts";

interface Given {
  readonly to: string | undefined;
  readonly weight: string | undefined;
  readonly mirror: string | undefined;
  readonly sticky: string | undefined;
  readonly choose: string | undefined;
}

type Entries = Readonly<Record<string, ReleaseEntry>>;

export const release = command({
  name: "release",
  summary: "Tries a new build of a service on a share of its calls: shows, changes and ends that.",
  operand: { name: "action", oneOf: ["status", "set", "end"], fallback: "status", subject: "SERVICE" },
  options: {
    to: { value: "WHERE", text: "set: a unit that discovery knows, or host:port of the new build" },
    weight: { value: "PERCENT", text: "set: how many of the calls it gets" },
    mirror: { value: "PERCENT", text: "set: of how many queries it gets a copy" },
    sticky: { value: "WHAT", text: "set: actor (one person sees one version; default) or request" },
    choose: {
      value: "WHO",
      text: "set: who may choose by a header: nobody (default), user, role:NAME, public",
    },
    at: { value: "URL", many: true, text: "status: of a unit's health port; may be repeated" },
    file: { value: "FILE", text: "where the releases are kept; default: KERF_RELEASES_FILE" },
    config: configOption,
    json: { text: "JSON instead of text" },
  },
  notes: ["Units that run with KERF_RELEASES_FILE see a change within 2 s. What is not said stays as it is."],
  async run(given, action, service) {
    const output = standardOutput({ json: given.json ?? false });
    if (action === "status" && given.at) return show(await Promise.all(given.at.map(statusAt)), output);
    const file = given.file ?? process.env["KERF_RELEASES_FILE"];
    if (!file)
      throw new UsageError("--file FILE: say where the releases are kept, or set KERF_RELEASES_FILE.");
    const entries = read(file);
    if (action === "status") {
      output.line(JSON.stringify(entries, undefined, 2));
      return 0;
    }
    const { app } = await readConfiguration(given.config);
    const services = Object.keys(app.services);
    if (service === undefined) throw new UsageError(`kerf release ${action} needs the name of a service.`);
    if (!services.includes(service)) return refuseWord("service", service, services);
    const { [service]: before, ...others } = entries;
    if (action === "end" && before === undefined) throw new Failure(`${service} is not being released.`);
    write(
      file,
      action === "end" ? others : { ...others, [service]: changed(service, before, given) },
      services,
    );
    output.note(
      action === "end" ? `${service}: all calls go to the build that runs.` : `${service} is released.`,
    );
    return 0;
  },
});

function changed(service: string, before: ReleaseEntry | undefined, given: Given): ReleaseEntry {
  const to = given.to ?? before?.to;
  if (to === undefined) throw new UsageError(`--to WHERE: say where the new build of ${service} is.`);
  return {
    ...before,
    to,
    ...(given.weight === undefined ? {} : { weight: percent("weight", given.weight) }),
    ...(given.mirror === undefined ? {} : { mirror: percent("mirror", given.mirror) }),
    ...(given.sticky === undefined ? {} : { sticky: given.sticky as "actor" | "request" }),
    ...(given.choose === undefined ? {} : { choose: given.choose }),
  };
}

function percent(option: string, text: string): number {
  const value = Number(text.replace(/%$/, ""));
  if (text === "" || !(value >= 0 && value <= 100))
    throw new UsageError(`--${option} ${text}: percent are a number from 0 to 100.`);
  return value;
}

function read(file: string): Entries {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Entries;
  } catch {
    throw new Failure(`${file} is not JSON. Mend it, or remove it.`);
  }
}

/** At once: a unit never reads a half. */
function write(file: string, entries: Entries, services: readonly string[]): void {
  const text = `${JSON.stringify(entries, undefined, 2)}\n`;
  readReleases(text, services, file);
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

interface Told {
  readonly at: string;
  readonly releases: readonly ReleaseStatus[];
}

async function statusAt(at: string): Promise<Told> {
  try {
    const response = await fetch(new URL("/status", at), { signal: AbortSignal.timeout(5_000) });
    const { releases = [] } = (await response.json()) as Partial<Told>;
    return { at, releases };
  } catch {
    throw new Failure(
      `${at} does not tell its status. Give the URL of a unit's health port, as its log has it.`,
    );
  }
}

function show(told: readonly Told[], output: Output): number {
  if (output.json) {
    output.line(JSON.stringify(told, undefined, 2));
    return 0;
  }
  const rows = told.flatMap(({ at, releases }) =>
    releases.map(({ service, state, weight, next, current, mirror, reason }) => [
      service,
      at,
      state,
      `${weight} %`,
      `${next.calls} (${next.failed} failed, p95 ${next.p95Ms} ms)`,
      `${current.calls} (${current.failed} failed, p95 ${current.p95Ms} ms)`,
      `${mirror.equal} equal, ${mirror.different} different, ${mirror.failed} failed`,
      reason ?? "",
    ]),
  );
  const head = ["service", "at", "state", "weight", "new build", "build that runs", "copies", "reason"];
  for (const line of rows.length === 0 ? ["Nothing is released there."] : headed(head, rows, output))
    output.line(line);
  return 0;
}
