import { contractIdOf, type AnyContract, type App, type ContractFacts, type ServiceDefinition } from "kerf";

/** An application whose services are loaded and agree with each other. */
export interface Graph {
  readonly app: App;
  /** By name, in the order of the app. */
  readonly services: ReadonlyMap<string, ServiceNode>;
}

export interface ServiceNode {
  readonly definition: ServiceDefinition;
  readonly facts: ContractFacts;
  /** What it answers to, by id: its own contract first, then the older versions that it adapts. */
  readonly served: ReadonlyMap<string, AnyContract>;
  /** Contract ids that the service and its sagas may call and send to. */
  readonly uses: ReadonlySet<string>;
  /** Contract ids whose events the service reacts to, or its sagas wait for. */
  readonly reactsTo: ReadonlySet<string>;
  /** Of the contract's JSON form: two processes that differ in it were built from different code. */
  readonly hash: string;
}

/**
 * Tells whether a service may call a member (or a contract), by what the app declares: its own `uses` and those of its
 * sagas. A service may always call itself.
 */
export function mayCall(graph: Graph, callerService: string, id: string): boolean {
  const caller = graph.services.get(callerService);
  if (!caller) return false;
  const contract = id.includes(".") ? contractIdOf(id) : id;
  return caller.uses.has(contract) || caller.served.has(contract);
}

/** Every contract that the services of an app serve, older versions included. */
export function contractsOf(graph: Graph): readonly AnyContract[] {
  return [...graph.services.values()].flatMap((node) => [...node.served.values()]);
}
