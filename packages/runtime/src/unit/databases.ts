import type { Logger } from "pino";
import type { Broker } from "../broker/broker.ts";
import { postgresBroker } from "../broker/postgres.ts";
import { migrateLists, readMigrations } from "../data/migrate.ts";
import { journalMigrations } from "../journal/schema.ts";
import { databaseSettings, settingName } from "../service/settings.ts";
import type { UnitOptions } from "./options.ts";

/** Databases of this unit's services, of their settings, and of the broker, by service, `"<service>.<field>"` and `"broker"`. */
export async function provision(
  options: UnitOptions,
  stored: readonly string[],
): Promise<Map<string, string>> {
  const { graph, unit, server, settings } = options;
  if (stored.length === 0) return new Map();
  const app = graph.app.name.replaceAll("-", "_");
  const wanted = new Map<string, string>(stored.map((name) => [name, databaseName(app, name)]));
  for (const name of unit.services) {
    for (const { field, database } of databaseSettings(graph.services.get(name)!.definition.needs)) {
      wanted.set(`${name}.${field}`, databaseName(app, database));
    }
  }
  wanted.set("broker", databaseName(app, "broker"));
  const own = new Map(
    [...wanted.keys()].flatMap((key) => {
      const [service, field] = key.split(".");
      const name =
        key === "broker" ? "KERF_BROKER_DATABASE_URL" : settingName(service!, field ?? "databaseUrl");
      const url = settings[name];
      return url === undefined ? [] : [[key, url] as const];
    }),
  );
  const rest = [...wanted].filter(([key]) => !own.has(key));
  const made = await server.provision(rest.map(([, name]) => name));
  return new Map([...own, ...rest.map(([key, name]) => [key, made.get(name)!] as const)]);
}

function databaseName(app: string, part: string): string {
  return `${app}_${part.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

export async function prepareDatabase(
  service: string,
  url: string,
  migrations: URL,
  log: Logger,
): Promise<void> {
  await migrateLists(url, [
    { service: "kerf", migrations: journalMigrations, log: (line) => log.debug(line) },
    {
      service,
      migrations: await readMigrations(migrations),
      log: (line) => log.info({ service }, line),
    },
  ]);
}

export async function openBroker(options: UnitOptions, url: string, leaseMs: number): Promise<Broker> {
  const { log } = options;
  const broker = await postgresBroker({
    url,
    leaseMs,
    onProblem: (problem) =>
      log.warn(
        { code: problem.code, service: problem.service, channel: problem.channel, err: problem.cause },
        problem.message,
      ),
  });
  return options.wrapBroker?.(broker) ?? broker;
}
