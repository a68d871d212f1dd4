import type { TopologyView } from "@kerf/dashboard/api";
import { flowsOf, mapOf, serviceOf, servicesOf, streamsOf } from "@kerf/dashboard/read";
import { nearest } from "kerf";
import { z } from "zod";
import { Failure } from "../../usage.ts";
import { short, window, windowOf } from "../arguments.ts";
import { tool, type Sources, type Tool } from "../tool.ts";

export function serviceTools({ telemetry, describer, client }: Sources): Tool[] {
  /** Without telemetry there are no rates, and the declarations are there all the same. */
  const flows = (windowMs: number) => telemetry((database) => flowsOf(database, windowMs)).catch(() => []);
  const application = async () => (await describer.read("description")).application;
  return [
    tool({
      name: "list_services",
      title: "Services and their members",
      description:
        "The services of the application: contracts, unit, who calls whom, what they react to, and their members (queries, commands, " +
        "streams, events) with their routes. Begin here to learn what the application is.",
      input: { window },
      run: async ({ window: text }) => {
        const windowMs = windowOf(text);
        const known = await application();
        const { services } = servicesOf(known, await flows(windowMs), windowMs);
        return {
          app: known.app,
          topology: known.topology,
          services: services.map(({ name, traffic, ...of }) => {
            const facts = known.services.find((one) => one.name === name);
            return {
              name,
              ...of,
              reactsTo: facts?.reactsTo ?? [],
              members: (facts?.members ?? []).map(({ id, kind, http }) =>
                http === null ? `${kind} ${id}` : `${kind} ${id} (${http})`,
              ),
              perSecond: short(traffic.perSecond),
              errors: traffic.errors,
              refused: traffic.refused,
              p95Ms: short(traffic.p95Ms),
            };
          }),
        };
      },
    }),
    tool({
      name: "describe_service",
      title: "Contract of a service",
      description:
        "The members of one service with JSON schemas of input, output and errors, who may call them, who did, rates and latencies.",
      input: {
        service: z.string().max(200),
        member: z.string().max(200).describe("Only this one, as orders@1.place or place").optional(),
        window,
      },
      run: async ({ service, member, window: text }) => {
        const windowMs = windowOf(text);
        const known = await application();
        const view = serviceOf(known, service, await flows(windowMs), windowMs);
        if (!view)
          return refuse(
            "service",
            service,
            known.services.map(({ name }) => name),
          );
        const members = view.members.filter(
          ({ id, name }) => member === undefined || id === member || name === member,
        );
        if (members.length === 0)
          return refuse(
            "member",
            member!,
            view.members.map(({ id }) => id),
          );
        return { ...view, members };
      },
    }),
    tool({
      name: "get_topology",
      title: "What runs where",
      description:
        "Units with their services and, while kerf dev runs, their processes: state, memory, CPU, restarts; and the map of who talks to whom, " +
        "with rates, errors and the mean bytes of requests and replies, also of calls within a process.",
      input: { window },
      run: async ({ window: text }) => {
        const windowMs = windowOf(text);
        const known = await application();
        const streams = await telemetry((database) => streamsOf(database, windowMs)).catch(() => []);
        const { edges } = mapOf(known, await flows(windowMs), streams, windowMs);
        const running = await processes(client);
        return {
          topology: known.topology,
          ...("units" in running ? running : { units: unitsOf(known.services), processes: running.why }),
          edges: edges.map(
            ({ from, to, kind, local, traffic, streams: streamed, requestBytes, replyBytes }) => ({
              from,
              to,
              kind,
              local,
              count: traffic.count,
              errors: traffic.errors,
              refused: traffic.refused,
              p95Ms: short(traffic.p95Ms),
              streams: streamed ?? undefined,
              requestBytes: short(requestBytes),
              replyBytes: short(replyBytes),
            }),
          ),
        };
      },
    }),
  ];
}

function unitsOf(services: readonly { readonly name: string; readonly unit: string | null }[]): object[] {
  return [...Map.groupBy(services, ({ unit }) => unit)].map(([unit, of]) => ({
    name: unit,
    services: of.map(({ name }) => name),
  }));
}

async function processes(
  client: Sources["client"],
): Promise<{ readonly units: TopologyView["units"] } | { readonly why: string }> {
  try {
    const { units } = await client().get<TopologyView>("/api/topology");
    return { units };
  } catch (error) {
    return { why: (error as Error).message };
  }
}

function refuse(what: string, word: string, known: readonly string[]): never {
  const close = nearest(word, known);
  throw new Failure(
    `There is no ${what} "${word}".${close ? ` Did you mean "${close}"?` : ""} There are: ${known.join(", ") || "none"}.`,
  );
}
