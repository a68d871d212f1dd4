import type { SagaStepView, SagaView } from "@kerf/dashboard/api";
import { sagaOf, sagasOf } from "@kerf/dashboard/read";
import { z } from "zod";
import { given as only } from "../../recorded/filters.ts";
import { Failure } from "../../usage.ts";
import { limit, service } from "../arguments.ts";
import type { Description } from "../description.ts";
import { hidden } from "../hide.ts";
import { schemasOf } from "../schemas.ts";
import { tool, type Sources, type Tool } from "../tool.ts";

const states = ["running", "undoing", "stuck", "parked", "done", "refused", "abandoned"] as const;

export function sagaTools({ describer, records }: Sources): Tool[] {
  return [
    tool({
      name: "list_sagas",
      title: "Sagas",
      description:
        "Business transactions over several services: counts by state, and the latest, those that are parked (wait for a person) first.",
      input: {
        state: z.enum(states).optional(),
        service,
        name: z.string().max(60).optional(),
        limit: limit(200, 30),
      },
      run: ({ limit: most = 30, ...query }) =>
        records((_services, operations) => sagasOf(operations, { ...only(query), limit: most })),
    }),
    tool({
      name: "get_saga",
      title: "Show a saga",
      description:
        "One saga: its steps with inputs, outputs, errors and compensations, what it waits for, its trace, what people did to it.",
      input: { id: z.string().max(300), service, name: z.string().max(60).optional() },
      run: async ({ id, service: of, name }) => {
        const description = await describer.read("description");
        return records(async (services) => {
          const found = await Promise.all(
            services
              .filter((one) => of === undefined || one.service === of)
              .map(async (one) => (await one.findSagas(id, name)).map((saga) => ({ one, saga }))),
          );
          const [first, other] = found.flat();
          if (!first) throw new Failure(`There is no saga "${id}". list_sagas has the latest.`);
          if (other) throw new Failure(`There are several sagas "${id}". Say which with service and name.`);
          const view = (await sagaOf(first.one, first.saga.name, id))!;
          return shown(description, view);
        });
      },
    }),
  ];
}

function shown(
  { application, sagas }: Description,
  { input, steps, mail, error, ...facts }: SagaView,
): object {
  return {
    ...facts,
    error: withoutData(error),
    input: hidden(sagas[`${facts.service}/${facts.name}`], input),
    steps: steps.map((step) => {
      const schemas = schemasOf(application, step.member);
      const own = step.member.startsWith("$");
      return {
        ...step,
        input: own ? step.input : hidden(schemas.input, step.input),
        output: own ? step.output : hidden(schemas.output, step.output),
        error: errorOf(step, schemas.errors),
      };
    }),
    mail: mail.map(({ event, at, data }) => ({
      event,
      at,
      data: hidden(schemasOf(application, event).sent, data),
    })),
  };
}

function errorOf({ error }: SagaStepView, errors: Parameters<typeof hidden>[0]): object | null {
  if (error === null) return null;
  const { data, ...facts } = error as typeof error & { readonly data?: unknown };
  const schema = errors?.[facts.code] as Parameters<typeof hidden>[0];
  return data === undefined ? facts : { ...facts, data: hidden(schema, data) };
}

/** What the step that failed has of it is shown there. */
function withoutData(error: SagaView["error"]): object | null {
  if (error === null) return null;
  const { data: _data, ...facts } = error as typeof error & { readonly data?: unknown };
  return facts;
}
