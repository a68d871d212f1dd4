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
} from "kerf";
import { contractHash } from "./hash.ts";
import type { ServiceNode } from "./graph.ts";

type Services = ReadonlyMap<string, ServiceNode>;

/** Checks that whatever a service calls or listens to belongs to a service of the app. @throws DeclarationError */
export function checkReferences(node: ServiceNode, services: Services): void {
  const { definition, facts } = node;
  const place = `service(${facts.name})`;
  for (const used of definition.needs.uses ?? []) checkUsed(used, services, `${place}.uses`);
  for (const { event } of definition.react) checkEvent(event, services, `${place}.react`);
  for (const saga of definition.sagas) {
    const { name, uses, waits } = sagaFacts(saga);
    for (const used of uses) checkUsed(used, services, `${place}.sagas.${name}.uses`);
    for (const { event } of waits) checkEvent(event, services, `${place}.sagas.${name}.waits`);
  }
}

function checkUsed(used: AnyContract, services: Services, place: string): void {
  const { id } = describe(used);
  const provider = findProvider(id, services, place);
  if (provider.definition.contract !== used && provider.hash !== contractHash(used))
    throw new DeclarationError(
      place,
      `its ${id} is another contract than the one that the service "${provider.facts.name}" implements`,
      "import the contract from the folder of that service",
    );
}

function checkEvent(event: AnyEvent, services: Services, place: string): void {
  const provider = findProvider(contractIdOf(event.id), services, place);
  if (provider.facts.members.get(memberNameOf(event.id))?.kind !== "event")
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
  if (provider.facts.id !== contractId)
    throw new DeclarationError(
      place,
      `${contractId} is not the version that runs: the service "${name}" implements ${provider.facts.id}`,
      `use ${provider.facts.id}`,
    );
  return provider;
}
