import { eventsOf, flowsOf } from "@kerf/dashboard/read";
import { explain } from "../../explain.ts";
import { service, short, window, windowOf } from "../arguments.ts";
import { tool, type Sources, type Tool } from "../tool.ts";

export function eventTools({ telemetry, describer, records }: Sources): Tool[] {
  return [
    tool({
      name: "get_events",
      title: "Flow of events",
      description:
        "Each event type with who is told of it: rates, how many messages wait and for how long, dead letters; what is not sent yet.",
      input: { service, window },
      run: async ({ service: name, window: text }) => {
        const windowMs = windowOf(text);
        const { application } = await describer.read("description");
        const flows = await telemetry((database) => flowsOf(database, windowMs)).catch(() => []);
        let unknown: string | undefined;
        const view = await records((_services, operations) =>
          eventsOf(application, flows, windowMs, operations),
        ).catch((error: unknown) => {
          unknown = explain(error);
          return eventsOf(application, flows, windowMs, undefined);
        });
        return {
          windowMs,
          ...(unknown === undefined ? {} : { waitingIsUnknown: unknown }),
          events: view.events
            .filter(
              ({ publisher, subscribers }) =>
                name === undefined || publisher === name || subscribers.some((one) => one.service === name),
            )
            .map(({ type, publisher, published, subscribers }) => ({
              type,
              publisher,
              published: published.count,
              perSecond: short(published.perSecond),
              subscribers: subscribers.map(({ service: to, delivered, lag, oldestMs, deadLetters }) => ({
                service: to,
                delivered: delivered.count,
                failed: delivered.errors,
                p95Ms: short(delivered.p95Ms),
                waiting: lag,
                oldestMs,
                deadLetters,
              })),
            })),
          unsent: view.outboxes.filter(({ unsent }) => unsent > 0),
        };
      },
    }),
  ];
}
