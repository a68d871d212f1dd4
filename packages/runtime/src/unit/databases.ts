import type { ServiceDefinition } from "kerf";
import type { Logger } from "pino";
import type { Broker } from "../broker/broker.ts";
import { postgresBroker } from "../broker/postgres.ts";
import { connections } from "../data/connections.ts";
import { migrateLists, readMigrations } from "../data/migrate.ts";
import { postgresJournal } from "../journal/postgres.ts";
import { retention } from "../journal/retention.ts";
import { journalMigrations } from "../journal/schema.ts";
import { databaseSettings } from "../service/settings.ts";
import { databaseUrls } from "./database-urls.ts";
import type { Backing, UnitOptions } from "./options.ts";

/** PostgreSQL for everything, with the journal in each service's own database. */
export async function postgresBacking(
  options: UnitOptions,
  stored: readonly ServiceDefinition[],
  leaseMs: number,
): Promise<Backing> {
  const pool = connections();
  const names = stored.map((d) => d.name);
  const urls = await provision(options, names);
  const brokerUrl = urls.get("broker");
  const broker = brokerUrl === undefined ? undefined : await openBroker(options, brokerUrl, leaseMs);
  return {
    broker,
    urls,
    async prepare() {
      await Promise.all(
        stored.map((d) =>
          prepareDatabase(d.name, urls.get(d.name)!, d.needs.database!.migrations, options.log),
        ),
      );
    },
    storage: (service) => ({
      database: pool.database(urls.get(service)!, { name: `kerf ${service}` }),
      journal: postgresJournal,
    }),
    stats: () => pool.stats(),
    async close() {
      await broker?.close();
      await pool.close();
    },
  };
}

/** Databases of this unit's services, of their settings, and of the broker, by service, `"<service>.<field>"` and `"broker"`. */
async function provision(options: UnitOptions, stored: readonly string[]): Promise<Map<string, string>> {
  const { graph, unit, server, settings } = options;
  if (stored.length === 0) return new Map();
  if (!server)
    throw new TypeError(`the unit ${unit.name} has services with a database: give startUnit a server`);
  const further = unit.services.flatMap((name) =>
    databaseSettings(graph.services.get(name)!.definition.needs).map(
      ({ field, database }) => [`${name}.${field}`, database] as const,
    ),
  );
  const make = (names: readonly string[]): Promise<Map<string, string>> => server.provision(names);
  return databaseUrls(graph.app.name, stored, settings, make, new Map(further));
}

async function prepareDatabase(service: string, url: string, migrations: URL, log: Logger): Promise<void> {
  await migrateLists(url, [
    { service: "kerf", migrations: journalMigrations, log: (line) => log.debug(line) },
    {
      service,
      migrations: await readMigrations(migrations),
      log: (line) => log.info({ service }, line),
    },
  ]);
}

async function openBroker(options: UnitOptions, url: string, leaseMs: number): Promise<Broker> {
  const { log } = options;
  const name = options.settings["KERF_REPLICA"];
  const broker = await postgresBroker({
    url,
    leaseMs,
    // All units meet at the broker, and on one machine they may share the rest of the name.
    replica: name && `${options.unit.name} ${name}`,
    retentionMs: options.timing?.retention?.handledMs ?? retention.handledMs,
    onProblem: (problem) =>
      log[problem.code === "TRIMMED" ? "error" : "warn"](
        { code: problem.code, service: problem.service, channel: problem.channel, err: problem.cause },
        problem.message,
      ),
  });
  return options.wrapBroker?.(broker) ?? broker;
}
