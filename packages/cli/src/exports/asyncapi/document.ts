import type { Graph, ServiceNode } from "@kerf/runtime";
import { checkExamples, jsonSchema } from "@kerf/runtime/validate";
import {
  contractIdOf,
  describe,
  memberNameOf,
  sagaFacts,
  typesOf,
  type AnyCommand,
  type AnyContract,
  type AnyEvent,
} from "kerf";
import { envelopeSchema, payloadOf } from "./envelope.ts";

interface Reference {
  readonly $ref: string;
}

interface Operation {
  /** What the service does with the channel. */
  readonly action: "send" | "receive";
  readonly title: string;
  readonly channel: Reference;
  readonly messages: readonly Reference[];
  readonly tags: readonly [{ readonly name: string }];
}

/**
 * The AsyncAPI 3 document of an application: for each contract the channel of its events and that of the orders to it, and
 * what each service sends and receives there.
 * @throws DeclarationError for an example that does not fit
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncapi(graph: Graph): object {
  const nodes = [...graph.services.values()];
  const contracts = nodes.flatMap((node) => [...node.served.values()]);
  contracts.forEach(checkExamples);
  const channels: Record<string, object> = {};
  const messages: Record<string, object> = {};
  for (const contract of contracts) {
    const { id, name, version } = describe(contract);
    const events = eventsOf(contract);
    if (events.length > 0)
      channels[channelOf(id)] = {
        address: id,
        title: `Events of ${name}`,
        description: `What ${name}, version ${version}, states after it happened: at least once to each service that hears it, in order for each key.`,
        messages: refsByName(events),
      };
    const orders = isStored(graph, name) ? commandsOf(contract) : [];
    if (orders.length > 0)
      channels[orderChannelOf(id)] = {
        address: `${id}!commands`,
        title: `Orders to ${name}`,
        description: `Commands of ${name}, version ${version}, that others send for later: at least once, in effect once.`,
        messages: refsByName(orders),
      };
    for (const event of events) messages[messageOf(event.id)] = eventMessage(event);
    for (const order of orders) messages[messageOf(order.id)] = orderMessage(order);
  }
  const operations = Object.fromEntries(nodes.flatMap((node) => operationsOf(graph, node, channels)));
  return {
    asyncapi: "3.0.0",
    info: {
      title: graph.app.name,
      version: String(Math.max(...contracts.map((contract) => describe(contract).version))),
      description: `The messages between the services of ${graph.app.name}. Each is JSON in an envelope. Messages of earlier versions can still be in a log; they are not listed.`,
    },
    defaultContentType: "application/json",
    channels,
    operations,
    components: { messages, schemas: { Envelope: envelopeSchema } },
  };
}

/** Keys of the document are words; addresses are what is on the wire. */
const channelOf = (contractId: string): string => contractId.replace("@", "_v");
const orderChannelOf = (contractId: string): string => `${channelOf(contractId)}_commands`;
const messageOf = (memberId: string): string => memberId.replace("@", "_v");

function eventsOf(contract: AnyContract): readonly AnyEvent[] {
  return [...describe(contract).members.values()].filter((member) => member.kind === "event");
}

function commandsOf(contract: AnyContract): readonly AnyCommand[] {
  return [...describe(contract).members.values()].filter((member) => member.kind === "command");
}

/** Only what has a database hears messages and sends any. */
function isStored(graph: Graph, service: string): boolean {
  return graph.services.get(service)?.definition.needs.database !== undefined;
}

function refsByName(members: readonly { readonly id: string }[]): Record<string, Reference> {
  return Object.fromEntries(
    members.map(({ id }) => [memberNameOf(id), { $ref: `#/components/messages/${messageOf(id)}` }]),
  );
}

function eventMessage(event: AnyEvent): object {
  const former = typesOf(event).slice(1);
  return {
    name: event.id,
    title: memberNameOf(event.id),
    ...(event.description === undefined ? {} : { summary: event.description }),
    description: `Its key is \`${event.key}\`.${former.length === 0 ? "" : ` Earlier it was called ${former.join(", ")}.`}`,
    payload: payloadOf(event.id, event.version, jsonSchema(event.data, "output")),
  };
}

function orderMessage(order: AnyCommand): object {
  return {
    name: order.id,
    title: memberNameOf(order.id),
    ...(order.description === undefined ? {} : { summary: order.description }),
    // Open, unlike at the edge: a newer sender may add fields, which are dropped.
    payload: payloadOf(order.id, order.version, open(jsonSchema(order.input, "input"))),
  };
}

function open(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (name, value: unknown) =>
    name === "additionalProperties" && value === false ? undefined : value,
  ) as object;
}

function operationsOf(
  graph: Graph,
  { definition, uses, served }: ServiceNode,
  channels: Record<string, object>,
): [string, Operation][] {
  const { name } = definition;
  if (!isStored(graph, name)) return [];
  const found: [string, Operation][] = [];
  const add = (
    key: string,
    action: Operation["action"],
    title: string,
    channel: string,
    names: readonly string[],
  ): void => {
    if (channels[channel] === undefined || names.length === 0) return;
    const to = `#/channels/${channel}`;
    const messages = names.map((each) => ({ $ref: `${to}/messages/${each}` }));
    found.push([key, { action, title, channel: { $ref: to }, messages, tags: [{ name }] }]);
  };
  const namesOf = (members: readonly { readonly id: string }[]) => members.map(({ id }) => memberNameOf(id));
  for (const contract of served.values()) {
    const { id } = describe(contract);
    add(
      `${name}_sends_${channelOf(id)}`,
      "send",
      `${name} states its events`,
      channelOf(id),
      namesOf(eventsOf(contract)),
    );
    add(
      `${name}_receives_${orderChannelOf(id)}`,
      "receive",
      `${name} takes orders`,
      orderChannelOf(id),
      namesOf(commandsOf(contract)),
    );
  }
  for (const [id, names] of heardBy(definition))
    add(`${name}_receives_${channelOf(id)}`, "receive", `${name} hears of ${id}`, channelOf(id), [...names]);
  for (const id of uses) {
    const contract = graph.services.get(id.slice(0, id.indexOf("@")))?.served.get(id);
    if (contract !== undefined && !served.has(id))
      add(
        `${name}_sends_${orderChannelOf(id)}`,
        "send",
        `${name} may send orders to ${id}`,
        orderChannelOf(id),
        namesOf(commandsOf(contract)),
      );
  }
  return found;
}

/** The names of the events that a service reacts to or waits for, by contract. */
function heardBy({ react, sagas }: ServiceNode["definition"]): ReadonlyMap<string, ReadonlySet<string>> {
  const heard = new Map<string, Set<string>>();
  const events = [
    ...react.map(({ event }) => event),
    ...sagas.flatMap((saga) => sagaFacts(saga).waits.map(({ event }) => event)),
  ];
  for (const { id } of events) {
    const contract = contractIdOf(id);
    heard.set(contract, (heard.get(contract) ?? new Set()).add(memberNameOf(id)));
  }
  return heard;
}
