import { contractIdOf } from "kerf";
import type { Operations } from "@kerf/runtime";
import type { EventsView } from "../api/index.ts";
import type { Application } from "../application.ts";
import { noTraffic, sumsBy, type FlowRow } from "./traffic.ts";

/** Every event type that is declared or was seen, with who is told of it. `operations`: undefined without a database. */
export async function eventsOf(
  application: Application,
  flows: readonly FlowRow[],
  windowMs: number,
  operations: Operations | undefined,
): Promise<EventsView> {
  const published = sumsBy(flows, ({ kind, member }) => (kind === "publish" ? member : undefined));
  const delivered = sumsBy(flows, ({ kind, member, target }) =>
    kind === "deliver" ? `${member} ${target}` : undefined,
  );
  const declared = application.services.flatMap(({ members }) =>
    members.filter(({ kind }) => kind === "event").map(({ id }) => id),
  );
  const types = [
    ...new Set([...declared, ...published.keys(), ...[...delivered.keys()].map((key) => key.split(" ")[0]!)]),
  ];
  const [consumers, letters, status] = await Promise.all([
    operations?.consumers() ?? [],
    deadLetters(operations),
    operations?.status(),
  ]);
  return {
    windowMs,
    events: types.filter(Boolean).map((type) => {
      const told = new Set([
        ...application.services.filter(({ reactsTo }) => reactsTo.includes(type)).map(({ name }) => name),
        ...[...delivered.keys()]
          .filter((key) => key.startsWith(`${type} `))
          .map((key) => key.slice(type.length + 1)),
      ]);
      return {
        type,
        publisher: type.split("@")[0]!,
        published: published.get(type)?.over(windowMs) ?? noTraffic,
        subscribers: [...told].map((service) => {
          // A channel carries the events of one contract: how far behind it is, each of its types may be.
          const behind = consumers.find(
            (one) => one.service === service && one.channel === contractIdOf(type),
          );
          return {
            service,
            delivered: delivered.get(`${type} ${service}`)?.over(windowMs) ?? noTraffic,
            lag: behind?.messages ?? null,
            oldestMs: behind?.oldestMs ?? null,
            deadLetters: letters.get(`${service} ${type}`) ?? 0,
          };
        }),
      };
    }),
    outboxes: (status?.services ?? []).map(({ service, outbox, oldestUnsentMs }) => ({
      service,
      unsent: outbox,
      oldestMs: oldestUnsentMs,
    })),
  };
}

async function deadLetters(operations: Operations | undefined): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await Promise.all(
    [...(operations?.services.values() ?? [])].map(async (one) => {
      for (const { type, messages } of await one.deadLetterGroups()) {
        const key = `${one.service} ${type}`;
        counts.set(key, (counts.get(key) ?? 0) + messages);
      }
    }),
  );
  return counts;
}
