import type { PastGateway, PersonView } from "@kerf/dashboard";
import { serviceNameOf, type Actor } from "kerf";
import { callUnit } from "./call-unit.ts";
import type { Called } from "./messages.ts";
import type { ReplicaSpec } from "./processes.ts";
import type { UnitProcess } from "./unit-process.ts";

export interface CallMemberParts {
  readonly processes: readonly ReplicaSpec[];
  /** Whom the session's own provider knows. */
  readonly people: readonly PersonView[];
  readonly processOf: (name: string) => Pick<UnitProcess, "ready">;
}

/**
 * Has the unit of a service call one of its members for a person. The roles are those that the provider gives the person:
 * whoever asks cannot claim any.
 * @throws Error where nobody could be asked
 */
export async function callMember(
  { member, input, as, key }: PastGateway,
  { processes, people, processOf }: CallMemberParts,
): Promise<Called> {
  const service = serviceNameOf(member);
  const hosts = processes.filter(({ unit }) => unit.services.includes(service));
  if (hosts.length === 0) throw new Error(`no unit has a service ${JSON.stringify(service)}`);
  const ready = hosts.map(({ name }) => processOf(name).ready).find((one) => one !== undefined);
  if (!ready) throw new Error(`the unit "${hosts[0]!.unit.name}", which has ${service}, is not ready`);
  return callUnit(ready, { member, input, actor: actorOf(people, as), key });
}

function actorOf(people: CallMemberParts["people"], as: string | undefined): Actor | undefined {
  if (as === undefined) return undefined;
  const person = people.find(({ id }) => id === as);
  if (!person) throw new Error(`there is nobody called ${JSON.stringify(as)} here to call as`);
  return { id: person.id, roles: person.roles };
}
