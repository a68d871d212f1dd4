import {
  contractIdOf,
  DeclarationError,
  describe,
  memberNameOf,
  nearest,
  sagaFacts,
  serviceNameOf,
  type AnyContract,
  type AnyEvent,
  type ForeignService,
} from "kerf";
import { contractHash } from "./hash.ts";
import type { ServiceNode } from "./graph.ts";

type Services = ReadonlyMap<string, ServiceNode>;
type Foreign = { readonly [name: string]: ForeignService };

/** Checks that whatever a service calls or listens to belongs to a service of the app. @throws DeclarationError */
export function checkReferences(node: ServiceNode, services: Services, foreign: Foreign = {}): void {
  const { definition, facts } = node;
  const place = `service(${facts.name})`;
  for (const used of definition.needs.uses ?? [])
    if (!isForeign(used, foreign, `${place}.uses`)) checkUsed(used, services, `${place}.uses`);
  for (const { event } of definition.react) checkEvent(event, services, `${place}.react`);
  for (const saga of definition.sagas) {
    const { name, uses, waits } = sagaFacts(saga);
    for (const used of uses) {
      const at = `${place}.sagas.${name}.uses`;
      if (!isForeign(used, foreign, at)) checkUsed(used, services, at);
      else
        throw new DeclarationError(
          at,
          `${describe(used).id} is of a foreign service, which does not know what a step did or how it is undone`,
          "call it in the first phase of a command of a service (twoPhase), and make that the step",
        );
    }
    for (const { event } of waits) checkEvent(event, services, `${place}.sagas.${name}.waits`);
  }
}

/** Whether a contract is that of a foreign service. @throws DeclarationError for another version of it */
function isForeign(used: AnyContract, foreign: Foreign, place: string): boolean {
  const { id, name } = describe(used);
  if (!Object.hasOwn(foreign, name)) return false;
  const declared = foreign[name]!.contract;
  if (declared !== used && contractHash(declared) !== contractHash(used))
    throw new DeclarationError(
      place,
      `its ${id} is another contract than that of the foreign service "${name}"`,
      "import the one that http() was given",
    );
  return true;
}

function checkUsed(used: AnyContract, services: Services, place: string): void {
  const { id } = describe(used);
  const provider = findProvider(id, services, place);
  const served = provider.served.get(id)!;
  if (served !== used && contractHash(served) !== contractHash(used))
    throw new DeclarationError(
      place,
      `its ${id} is another contract than the one that the service "${provider.facts.name}" implements`,
      "import the contract from the folder of that service",
    );
}

function checkEvent(event: AnyEvent, services: Services, place: string): void {
  const id = contractIdOf(event.id);
  const provider = findProvider(id, services, place);
  const name = memberNameOf(event.id);
  const adapted = provider.definition.older.find(({ older }) => describe(older).id === id)?.events.get(name);
  if (adapted?.never !== undefined)
    throw new DeclarationError(
      place,
      `${event.id} is not stated any more: ${adapted.never}`,
      `react to an event of ${provider.facts.id}`,
    );
  if (describe(provider.served.get(id)!).members.get(name)?.kind !== "event")
    throw new DeclarationError(
      place,
      `${event.id} is not an event of the contract that the service "${provider.facts.name}" implements`,
      "import the contract from the folder of that service",
    );
}

function findProvider(contractId: string, services: Services, place: string): ServiceNode {
  const name = serviceNameOf(contractId);
  const provider = services.get(name);
  if (!provider) {
    const meant = nearest(name, [...services.keys()]);
    throw new DeclarationError(
      place,
      `${contractId} belongs to no service of the app${meant === undefined ? "" : ` (did you mean "${meant}"?)`}`,
      "add its service to the app, or stop using it",
    );
  }
  if (!provider.served.has(contractId))
    throw new DeclarationError(
      place,
      `${contractId} is not a version that runs: the service "${name}" serves ${[...provider.served.keys()].join(", ")}`,
      `use ${provider.facts.id}`,
    );
  return provider;
}
