import type { EventsView, Published } from "@kerf/dashboard/api";
import { applicationOf, eventsOf, flowsOf } from "@kerf/dashboard/read";
import type { Operations } from "@kerf/runtime";
import { command } from "../arguments.ts";
import { chooseTopology } from "../configuration.ts";
import { dashboardClient } from "../dashboard-client.ts";
import { readConfiguration, readGraph } from "../load.ts";
import { withOperations } from "../operations.ts";
import { explain } from "../explain.ts";
import { standardOutput, type Output } from "../output.ts";
import { eventTable } from "../recorded/event-table.ts";
import { readSpan } from "../recorded/filters.ts";
import { endWithReader, untilEnded } from "../recorded/follow.ts";
import { openScreen } from "../recorded/screen.ts";
import { shortId } from "../recorded/words.ts";
import { dataFolderOf, recordedOptions, withTelemetry } from "../recorded/telemetry-file.ts";
import { plain } from "../tables.ts";
import { refuseWord, UsageError } from "../usage.ts";

const EVERY_MS = 2_000;

interface Given {
  readonly service: string | undefined;
  readonly window: string | undefined;
  readonly key: string | undefined;
  readonly reason: string | undefined;
  readonly follow: true | undefined;
  readonly json: true | undefined;
  readonly data: string | undefined;
  readonly config: string | undefined;
}

export const events = command({
  name: "events",
  summary: "Shows how each event flows to who is told of it; or publishes one by hand.",
  operand: {
    name: "action",
    oneOf: ["flow", "publish"],
    fallback: "flow",
    subject: ["EVENT", "JSON"],
  },
  options: {
    service: { value: "NAME", text: "flow: that this service publishes, or is told of" },
    window: { value: "TIME", text: "flow: rates of the last so long; default: 5m" },
    key: { value: "KEY", text: "publish: whose order it is in; default: as the contract says" },
    reason: { value: "TEXT", text: "publish: why, for the record" },
    ...recordedOptions,
  },
  notes: [
    'kerf events publish orders@1.placed \'{"id":"o-1"}\' hands it to everyone who is told of it, through a running',
    "kerf dev. It is checked against its schema, and recorded as done by hand.",
    "",
    "Rates are from what the dashboard of kerf dev keeps; what waits and dead letters from the databases.",
    "See too: kerf dead-letters, kerf status, kerf trace --member orders@1.placed.",
  ],
  async run(given: Given, action, event, json) {
    const output = standardOutput({ json: given.json ?? false });
    if (action === "publish") return publish(given, event, json, output);
    if (event !== undefined)
      throw new UsageError(`kerf events flow does not take "${plain(event)}". --service NAME narrows it.`);
    const windowMs =
      given.window === undefined ? 300_000 : Math.max(10_000, readSpan("window", given.window));
    return given.follow ? follow(given, windowMs, output) : show(given, windowMs, output);
  },
});

async function show(given: Given, windowMs: number, output: Output): Promise<number> {
  endWithReader();
  await withReader(given, windowMs, output, async (read) => {
    const view = await read();
    if (output.json) output.line(JSON.stringify({ at: Date.now(), ...view }, undefined, 2));
    else for (const line of linesOf(view, given, output)) output.line(line);
  });
  return 0;
}

function follow(given: Given, windowMs: number, output: Output): Promise<number> {
  return untilEnded(async (_signal, pause) => {
    await withReader(given, windowMs, output, async (read) => {
      const screen = openScreen(output);
      try {
        do {
          const view = await read();
          const at = Date.now();
          if (!output.json) screen.show(linesOf(view, given, output));
          else for (const event of view.events) output.line(JSON.stringify({ at, windowMs, ...event }));
        } while (await pause(EVERY_MS));
      } finally {
        screen.close();
      }
    });
  });
}

function linesOf(view: EventsView, { service }: Given, output: Output): string[] {
  if (view.events.length > 0) return eventTable(view, output);
  return [
    service === undefined
      ? "The application has no events."
      : `${service} publishes no events, and is told of none.`,
  ];
}

/** Gives `work` what reads the flow of events, as long as it takes. */
async function withReader(
  given: Given,
  windowMs: number,
  output: Output,
  work: (read: () => Promise<EventsView>) => Promise<void>,
): Promise<void> {
  const { app } = await readConfiguration(given.config);
  // Events flow alike in every topology.
  const application = applicationOf(await readGraph(app), chooseTopology(app, undefined));
  const names = application.services.map(({ name }) => name);
  if (given.service !== undefined && !names.includes(given.service))
    refuseWord("service", given.service, names);
  await withTelemetry(given, async (database) => {
    let begun = false;
    const withRecords = (operations: Operations | undefined): Promise<void> => {
      begun = true;
      return work(async () => {
        const view = await eventsOf(application, flowsOf(database, windowMs), windowMs, operations);
        return given.service === undefined ? view : narrowed(view, given.service);
      });
    };
    if (!application.services.some((one) => one.database)) return withRecords(undefined);
    const { data, config } = given;
    try {
      return await withOperations({ data, config }, (_services, operations) => withRecords(operations));
    } catch (error) {
      if (begun) throw error;
      output.note(`What waits is not known: ${explain(error)}`);
      return withRecords(undefined);
    }
  });
}

function narrowed(view: EventsView, service: string): EventsView {
  return {
    ...view,
    outboxes: view.outboxes.filter((one) => one.service === service),
    events: view.events
      .filter(
        ({ publisher, subscribers }) =>
          publisher === service || subscribers.some((one) => one.service === service),
      )
      .map((event) =>
        event.publisher === service
          ? event
          : { ...event, subscribers: event.subscribers.filter((one) => one.service === service) },
      ),
  };
}

async function publish(
  given: Given,
  event: string | undefined,
  json: string | undefined,
  output: Output,
): Promise<number> {
  if (event === undefined || json === undefined)
    throw new UsageError(
      'kerf events publish needs an EVENT and its data: orders@1.placed \'{"id":"o-1"}\'.',
    );
  const data = objectOf(json);
  const published = await dashboardClient(dataFolderOf(given)).post<Published>("/api/publish", {
    channel: event,
    data,
    key: given.key,
    reason: given.reason,
  });
  const { id, traceId } = published;
  output.line(
    output.json ? JSON.stringify(published) : `Published as ${id}. Its trace: kerf trace ${shortId(traceId)}`,
  );
  return 0;
}

function objectOf(json: string): object {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`The data is no JSON: ${(error as Error).message}.`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new UsageError("The data of an event is a JSON object.");
}
