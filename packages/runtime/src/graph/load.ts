import {
  contractIdOf,
  contractsServed,
  DeclarationError,
  describe,
  sagaFacts,
  type App,
  type ServiceDefinition,
} from "kerf";
import { checkContract, checkSchema } from "../validate/index.ts";
import type { Graph, ServiceNode } from "./graph.ts";
import { contractHash } from "./hash.ts";
import { importService } from "./import-service.ts";
import { checkReferences } from "./references.ts";
import { checkRoutes } from "./routes.ts";

/**
 * Imports every service of an app and checks the whole: that services are named as their contracts, that what they use
 * and react to exists in the same version, that routes are unique and that schemas keep to the subset.
 * @throws DeclarationError for the first thing that is wrong, with its place and mend
 */
export async function loadGraph(app: App): Promise<Graph> {
  const names = Object.keys(app.services);
  // All at once, and the first in the order of the app is reported, so that the same error shows every time.
  const imported = await Promise.allSettled(names.map((name) => importService(name, app.services[name]!)));
  const services = new Map<string, ServiceNode>();
  for (const [index, result] of imported.entries()) {
    if (result.status === "rejected") throw result.reason;
    services.set(names[index]!, readService(names[index]!, result.value));
  }
  for (const { contract } of Object.values(app.foreign)) checkContract(contract);
  for (const node of services.values()) checkReferences(node, services, app.foreign);
  checkRoutes(services.values());
  return { app, services };
}

function readService(name: string, definition: ServiceDefinition): ServiceNode {
  const facts = describe(definition.contract);
  if (facts.name !== name)
    throw new DeclarationError(
      `services.${name}`,
      `is the service of the contract "${facts.name}"`,
      `call it "${facts.name}" in the app: services are known by the names of their contracts`,
    );
  const served = contractsServed(definition);
  served.forEach(checkContract);
  const sagas = definition.sagas.map(sagaFacts);
  for (const saga of sagas) checkSchema(saga.input, `service(${name}).sagas.${saga.name}.input`);
  const used = [...(definition.needs.uses ?? []), ...sagas.flatMap((saga) => saga.uses)];
  const events = [
    ...definition.react.map((reaction) => reaction.event),
    ...sagas.flatMap((saga) => saga.waits.map((wait) => wait.event)),
  ];
  return {
    definition,
    facts,
    served: new Map(served.map((contract) => [describe(contract).id, contract])),
    uses: new Set(used.map((contract) => describe(contract).id)),
    reactsTo: new Set(events.map((event) => contractIdOf(event.id))),
    hash: contractHash(definition.contract),
  };
}
