import type { Backlog as Behind } from "../broker/broker.ts";
import type { BudgetStats } from "../data/connections.ts";
import type { Backlog } from "../journal/journal.ts";
import type { Gauge, Reading } from "./telemetry.ts";

/** What is measured of a unit now and then, as it was at the last look. */
export interface Measured {
  /** Of services with a database, by name. */
  readonly backlogs: Iterable<readonly [service: string, backlog: Backlog]>;
  readonly behind: readonly Behind[];
  /** By server. */
  readonly connections: Readonly<Record<string, BudgetStats>>;
}

/** The gauges of a unit. The numbers of a service come from its database: all its replicas tell the same. */
export function* readings({ backlogs, behind, connections }: Measured): Iterable<Reading> {
  for (const [service, backlog] of backlogs) {
    yield { gauge: unsent, value: backlog.outbox, attributes: { service } };
    yield { gauge: oldestUnsent, value: backlog.oldestUnsentMs / 1_000, attributes: { service } };
    yield { gauge: retries, value: backlog.retries, attributes: { service } };
    yield { gauge: deadLetters, value: backlog.deadLetters, attributes: { service } };
    const { sagas, stuckSagas, parkedSagas } = backlog;
    const states = { running: sagas - stuckSagas, stuck: stuckSagas, parked: parkedSagas };
    for (const [state, value] of Object.entries(states))
      yield { gauge: activeSagas, value, attributes: { service, state } };
  }
  for (const { service: consumer, channel, messages, oldestMs } of behind) {
    yield { gauge: lagMessages, value: messages, attributes: { consumer, channel } };
    yield { gauge: lagAge, value: oldestMs / 1_000, attributes: { consumer, channel } };
  }
  for (const [server, { size, used, idle, waiting }] of Object.entries(connections)) {
    const pool = { "db.client.connection.pool.name": server };
    const counts = { idle, used: used - idle };
    for (const [state, value] of Object.entries(counts))
      yield { gauge: connectionCount, value, attributes: { ...pool, "db.client.connection.state": state } };
    yield { gauge: connectionMax, value: size, attributes: pool };
    yield { gauge: connectionPending, value: waiting, attributes: pool };
  }
}

const unsent: Gauge = {
  name: "kerf.outbox.unsent",
  description: "Committed messages that are not sent yet.",
  unit: "{message}",
};
const oldestUnsent: Gauge = {
  name: "kerf.outbox.oldest_age",
  description: "Age of the oldest message that is not sent yet.",
  unit: "s",
};
const retries: Gauge = {
  name: "kerf.retries",
  description: "Messages that wait for another try, or behind one that does.",
  unit: "{message}",
};
const deadLetters: Gauge = {
  name: "kerf.dead_letters",
  description: "Messages that were given up on, until somebody replays or drops them.",
  unit: "{message}",
};
const activeSagas: Gauge = {
  name: "kerf.saga.active",
  description: "Sagas that are not over: running or being undone, stuck, parked.",
  unit: "{saga}",
};
const lagMessages: Gauge = {
  name: "kerf.event.lag.messages",
  description: "Messages that a consumer has not acknowledged.",
  unit: "{message}",
};
const lagAge: Gauge = {
  name: "kerf.event.lag.age",
  description: "Age of the oldest message that a consumer has not acknowledged.",
  unit: "s",
};
const connectionCount: Gauge = {
  name: "db.client.connection.count",
  description: "Connections to databases, by state.",
  unit: "{connection}",
};
const connectionMax: Gauge = {
  name: "db.client.connection.max",
  description: "Connections that there may be.",
  unit: "{connection}",
};
const connectionPending: Gauge = {
  name: "db.client.connection.pending_requests",
  description: "Transactions that wait for a connection.",
  unit: "{request}",
};
