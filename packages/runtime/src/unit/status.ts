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
): Promise<UnitStatus> {
  const backlogs = await Promise.all(hosts.map((host) => host.backlog()));
  const undelivered = (await broker?.backlog?.()) ?? [];
  const sum = (pick: (b: (typeof backlogs)[number]) => number): number =>
    backlogs.reduce((total, b) => total + Number(pick(b)), 0);
  return {
    unit: unit.name,
    services: unit.services,
    ready,
    outbox: sum((b) => b.outbox),
    undelivered: undelivered
      .filter((g) => unit.services.includes(g.service))
      .reduce((total, g) => total + g.messages, 0),
    retries: sum((b) => b.retries),
    deadLetters: sum((b) => b.deadLetters),
    sagas: sum((b) => b.sagas),
    parkedSagas: sum((b) => b.parkedSagas),
    mailboxes: sum((b) => b.mail),
  };
}
