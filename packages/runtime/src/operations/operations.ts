import type { Graph } from "../graph/index.ts";
import type { Backlog as Behind } from "../broker/broker.ts";
import { Catalogue } from "../broker/postgres/catalogue.ts";
import { Link } from "../broker/postgres/link.ts";
import { Topics } from "../broker/postgres/topics.ts";
import { connections } from "../data/connections.ts";
import type { DatabaseServer } from "../data/server.ts";
import type { Backlog } from "../journal/journal.ts";
import type { Replica } from "../journal/operations-journal.ts";
import { postgresJournal } from "../journal/postgres.ts";
import { postgresOperations } from "../journal/postgres-operations.ts";
import { retention } from "../journal/retention.ts";
import type { Alarm } from "../service/alarms.ts";
import { backlogAlarms, behindAlarms } from "../service/thresholds.ts";
import { serviceTopic } from "../service/host.ts";
import { databaseUrls } from "../unit/database-urls.ts";
import { ServiceOperations } from "./service-operations.ts";

export interface OperationsOptions {
  readonly graph: Graph;
  /** Where the databases are that `settings` does not name. */
  readonly server: DatabaseServer;
  /** The environment, as units have it. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  /** How long the broker keeps messages. Default 7 days. */
  readonly keptMs?: number;
}

/** An application as the people see it who look after it, whether it runs or not. */
export interface Operations extends AsyncDisposable {
  /** Services with a database that have run, by name. */
  readonly services: ReadonlyMap<string, ServiceOperations>;
  /** Services with a database that have not, or with older tables. */
  readonly missing: readonly string[];
  /** How far each subscriber is behind. */
  consumers(): Promise<readonly Behind[]>;
  /** Everything that is unfinished, and what of it is worth a word. */
  status(): Promise<Status>;
}

export interface ServiceStatus extends Backlog {
  readonly service: string;
  /** Processes that run it now. */
  readonly replicas: readonly Replica[];
}

export interface Status {
  readonly app: string;
  readonly services: readonly ServiceStatus[];
  readonly missing: readonly string[];
  readonly consumers: readonly Behind[];
  /** Thresholds that are crossed, as the units log them. */
  readonly alarms: readonly Pick<Alarm, "name" | "level" | "text">[];
}

/**
 * Opens the databases of an application for people: the same that its units use, safe beside them.
 * @throws DatabaseError where a database cannot be reached
 */
export async function openOperations(options: OperationsOptions): Promise<Operations> {
  const { graph, server, settings, keptMs = retention.handledMs } = options;
  const names = [...graph.services.values()]
    .filter((node) => node.definition.needs.database)
    .map((node) => node.definition.name);
  const urls = await databaseUrls(graph.app.name, names, settings, (wanted) => server.locate(wanted));
  const pool = connections({ budget: 8 });
  const brokerUrl = urls.get("broker");
  const link = brokerUrl === undefined ? undefined : new Link({ url: brokerUrl, max: 1 });
  const topics = link && new Topics(link);
  const { backlog: readBacklog, liveSagas } = postgresJournal;
  const journal = { ...postgresOperations, backlog: readBacklog, liveSagas };
  const services = new Map<string, ServiceOperations>();
  const close = async (): Promise<void> => {
    await Promise.all([pool.close(), link?.close()]);
  };
  try {
    for (const service of names) {
      const url = urls.get(service);
      if (url === undefined) continue;
      const database = pool.database(url, { name: `kerf operations ${service}` });
      const wake = (): void => topics?.wake(serviceTopic(service));
      const operations = new ServiceOperations({ service, database, journal, wake });
      if (await operations.ready()) services.set(service, operations);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const consumers = async (): Promise<readonly Behind[]> =>
    link && services.size > 0 ? await new Catalogue(link).backlog(keptMs) : [];
  return {
    services,
    missing: names.filter((name) => !services.has(name)),
    consumers,
    async status() {
      const states = await Promise.all(
        [...services.values()].map(async (one): Promise<ServiceStatus> => {
          const [backlog, replicas] = await Promise.all([one.backlog(), one.replicas()]);
          return { service: one.service, replicas, ...backlog };
        }),
      );
      const behind = await consumers();
      const alarms = [
        ...states.flatMap((state) => backlogAlarms(state.service, state)),
        ...behind.flatMap((group) => behindAlarms(group, keptMs)),
      ];
      return {
        app: graph.app.name,
        services: states,
        missing: names.filter((name) => !services.has(name)),
        consumers: behind,
        alarms: alarms.filter(({ raised }) => raised).map(({ name, level, text }) => ({ name, level, text })),
      };
    },
    [Symbol.asyncDispose]: close,
  };
}
