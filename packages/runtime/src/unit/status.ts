import type { Unit } from "kerf";
import type { Broker } from "../broker/broker.ts";
import type { ServiceHost } from "../service/host.ts";
import type { UnitStatus } from "./options.ts";

/** Counts what is unfinished in a unit. */
export async function statusOf(
  unit: Unit,
  hosts: readonly ServiceHost[],
  broker: Broker | undefined,
  ready: boolean,
): Promise<Omit<UnitStatus, "leftOut">> {
  const backlogs = await Promise.all(hosts.map((host) => host.backlog()));
  const groups = (await broker?.backlog?.()) ?? [];
  const consumers = groups.filter(
    (g) => unit.services.includes(g.service) && (g.messages > 0 || g.missed > 0),
  );
  const sum = (pick: (b: (typeof backlogs)[number]) => number): number =>
    backlogs.reduce((total, b) => total + Number(pick(b)), 0);
  return {
    unit: unit.name,
    services: unit.services,
    ready,
    outbox: sum((b) => b.outbox),
    oldestUnsentMs: Math.max(0, ...backlogs.map((b) => b.oldestUnsentMs)),
    undelivered: consumers.reduce((total, g) => total + g.messages, 0),
    oldestUndeliveredMs: Math.round(Math.max(0, ...consumers.map((g) => g.oldestMs))),
    missed: consumers.reduce((total, g) => total + g.missed, 0),
    repeated: hosts.reduce((total, host) => total + host.repeated, 0),
    retries: sum((b) => b.retries),
    deadLetters: sum((b) => b.deadLetters),
    sagas: sum((b) => b.sagas),
    parkedSagas: sum((b) => b.parkedSagas),
    stuckSagas: sum((b) => b.stuckSagas),
    mailboxes: sum((b) => b.mail),
    consumers,
  };
}
