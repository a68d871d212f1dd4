import { nearest, typesOf, type Reaction, type ServiceDefinition } from "kerf";
import { ReplayError } from "./errors.ts";

/** What a replay builds: the tables of a read model, and every reaction that fills any of them. */
export interface ReplayPlan {
  /** By the type of the message, of today and of earlier names. */
  readonly reactions: ReadonlyMap<string, Reaction<any>>;
  /** Sorted, as `"users@1.renamed"`. */
  readonly events: readonly string[];
  readonly tables: readonly string[];
}

/**
 * The whole read model that `event` belongs to, or all of a service. Reactions that share a table are replayed together:
 * the rows of one without the other would be half a model.
 * @throws ReplayError where there is none, or the event is not one of them
 */
export function planReplay(service: ServiceDefinition, event?: string): ReplayPlan {
  const replayable = service.react.filter((reaction) => reaction.replayable);
  if (replayable.length === 0) {
    throw new ReplayError(
      `${service.name} has no replayable reaction`,
      'say which tables one fills: on(event, handler, { replayable: { tables: ["…"] } })',
    );
  }
  let chosen = event === undefined ? replayable : [reactionTo(service, replayable, event)];
  for (;;) {
    const tables = new Set(chosen.flatMap(tablesOf));
    const grown = replayable.filter((reaction) => tablesOf(reaction).some((table) => tables.has(table)));
    if (grown.length > chosen.length) {
      chosen = grown;
      continue;
    }
    return {
      reactions: new Map(
        chosen.flatMap((reaction) => typesOf(reaction.event).map((type) => [type, reaction])),
      ),
      events: chosen.map((reaction) => reaction.event.id).toSorted(),
      tables: [...tables].toSorted(),
    };
  }
}

/** The part of a plan that an unfinished replay was begun with. */
export function onlyOf(plan: ReplayPlan, events: readonly string[]): ReplayPlan {
  return {
    ...plan,
    reactions: new Map([...plan.reactions].filter(([, { event }]) => events.includes(event.id))),
  };
}

function reactionTo(
  service: ServiceDefinition,
  replayable: readonly Reaction<any>[],
  event: string,
): Reaction<any> {
  const found = replayable.find(({ event: { id } }) => id === event || shortOf(id) === event);
  if (found) return found;
  const heard = service.react.some(({ event: { id } }) => id === event || shortOf(id) === event);
  const names = replayable.map((reaction) => reaction.event.id);
  const meant = nearest(event, [...names, ...names.map(shortOf)]);
  throw new ReplayError(
    heard
      ? `The reaction of ${service.name} to ${event} is not replayable`
      : `${service.name} has no replayable reaction to "${event}"${meant ? ` (did you mean "${meant}"?)` : ""}`,
    `replayable are those to: ${names.join(", ")}`,
  );
}

/** `"users.renamed"` of `"users@1.renamed"`: what one says where a service has one version of a contract. */
function shortOf(id: string): string {
  return id.replace(/@\d+/, "");
}

function tablesOf(reaction: Reaction<any>): readonly string[] {
  return reaction.replayable!.tables;
}
