import type { DeadLetterView } from "@kerf/dashboard/api";
import { groupsOf, lettersOf, replayLetters, type Application } from "@kerf/dashboard/read";
import { z } from "zod";
import { actor } from "../../operations.ts";
import { Failure } from "../../usage.ts";
import { limit } from "../arguments.ts";
import { hidden } from "../hide.ts";
import { schemasOf } from "../schemas.ts";
import { tool, type Sources, type Tool } from "../tool.ts";

const oneService = z.string().max(200).describe("Name of the service that gave up on them");
const cause = z.string().max(40).describe("As list_dead_letters gives it");

export function deadLetterTools({ describer, records, allowOperations }: Sources): Tool[] {
  const list = tool({
    name: "list_dead_letters",
    title: "Dead letters",
    description:
      "Events and sent commands that were given up on, by cause. With service and cause, one by one with their data and errors. " +
      (allowOperations
        ? "replay_dead_letters tries them again."
        : "They are replayed by a person: kerf dead-letters replay, or the dashboard."),
    input: { service: oneService.optional(), cause: cause.optional(), limit: limit(100, 20) },
    run: async ({ service, cause: why, limit: most = 20 }) => {
      if (why !== undefined && service === undefined) throw new Failure("With cause, give the service too.");
      const { application } = await describer.read("description");
      return records(async (services, operations) => {
        if (service === undefined || why === undefined) {
          const { groups } = await groupsOf(operations);
          return { groups: groups.filter((one) => service === undefined || one.service === service) };
        }
        const one = services.find((of) => of.service === service);
        if (!one) throw new Failure(`There is no service "${service}" with records. list_services has them.`);
        const { letters } = await lettersOf(one, { service, cause: why }, most);
        return { letters: letters.map((letter) => shown(application, letter)) };
      });
    },
  });
  if (!allowOperations) return [list];
  return [
    list,
    tool({
      name: "replay_dead_letters",
      title: "Replay dead letters",
      description:
        "Hands dead letters of a cause, or one, to their service again, behind what waits. Mend the cause first. It is recorded with the reason.",
      changes: true,
      input: {
        service: oneService,
        cause: cause.optional(),
        id: z.string().max(300).describe("Only this one").optional(),
        reason: z.string().min(3).max(500).describe("Why, for the record"),
        perSecond: z.int().min(1).max(1_000).describe("Default 10").optional(),
      },
      run: async ({ service, cause: why, id, reason, perSecond }) => {
        if ((why === undefined) === (id === undefined)) throw new Failure("Give a cause, or an id.");
        const by = actor({ reason });
        return records(async (services) => {
          const one = services.find((of) => of.service === service);
          if (!one)
            throw new Failure(`There is no service "${service}" with records. list_services has them.`);
          const done = await replayLetters(
            one,
            { service, ...(why === undefined ? {} : { cause: why }), ...(id === undefined ? {} : { id }) },
            { ...by, who: `${by.who} by kerf mcp` },
            perSecond,
          );
          if (done.messages > 0) return { ...done };
          throw new Failure("There is no such dead letter, or its replay was asked for already.");
        });
      },
    }),
  ];
}

function shown(application: Application, letter: DeadLetterView): object {
  const { message, ...facts } = letter;
  return { ...facts, data: hidden(schemasOf(application, letter.type).sent, message["data"]) };
}
