import type { Attributes } from "../api/index.ts";
import type { SpanRow } from "../otlp/row.ts";
import { addTo, bucketOf, type Durations } from "./durations.ts";
import { endingOf } from "./ending.ts";

/**
 * What a span says of who asked whom. `call` and `query` are told by who asks, `serve` by who answers; `publish` and
 * `deliver` are the two sides of an event, `enter` a request at the gateway.
 */
export type FlowKind = "enter" | "call" | "serve" | "query" | "foreign" | "publish" | "deliver";

export interface Flow {
  readonly kind: FlowKind;
  readonly source: string;
  readonly target: string;
  readonly member: string;
  /** 1 in one process, 0 between two, -1 where the span does not say. */
  readonly local: number;
}

/** Flows of one slot of time, added up. */
export interface FlowSum extends Flow {
  readonly slot: number;
  count: number;
  errors: number;
  refused: number;
  readonly durations: Durations;
  asked: number;
  askedBytes: number;
  replied: number;
  repliedBytes: number;
}

/** Length of a slot in seconds. */
export const SLOT_S = 10;
/** Of one slot; what comes above that is added to a member without a name. */
const MOST_MEMBERS = 2_000;
const MOST_FLOWS = 20_000;

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/** The member, event type or statement of a span. */
export function memberOf({ attributes }: SpanRow): string | null {
  const system = attributes["messaging.system"];
  return (
    of(attributes, "kerf.member") ??
    (system === undefined ? null : of(attributes, "messaging.destination.name")) ??
    rpcMember(attributes)
  );
}

/** Of a foreign gRPC service, whose spans know no members of ours. */
function rpcMember(attributes: Attributes): string | null {
  const service = of(attributes, "rpc.service");
  const method = of(attributes, "rpc.method");
  return service === null || method === null ? null : `${service}.${method}`;
}

export function flowOf(span: SpanRow): Flow | undefined {
  const { attributes, spanKind } = span;
  const me = span.sender.service;
  const member = memberOf(span) ?? "";
  const local = attributes["kerf.local"] === true ? 1 : attributes["kerf.local"] === false ? 0 : -1;
  if (spanKind === PRODUCER) return { kind: "publish", source: me, target: "", member, local };
  if (spanKind === CONSUMER)
    return { kind: "deliver", source: member.split("@")[0]!, target: me, member, local };
  if (spanKind === SERVER) {
    if (attributes["rpc.system"] === undefined && attributes["kerf.member"] === undefined)
      return { kind: "enter", source: "", target: me, member: routeOf(span), local };
    return { kind: "serve", source: of(attributes, "kerf.caller") ?? "", target: me, member, local };
  }
  if (spanKind !== CLIENT) return undefined;
  const database = of(attributes, "db.system.name") ?? of(attributes, "db.system");
  if (database !== null)
    return { kind: "query", source: me, target: database, member: verbOf(attributes, span.name), local };
  if (member !== "") {
    // Counts tell of streams while they are open; one that was open for an hour is no call of an hour.
    if (attributes["kerf.stream.messages"] !== undefined) return undefined;
    const source = of(attributes, "kerf.caller") ?? me;
    return { kind: "call", source, target: member.split(/[@.]/)[0]!, member, local };
  }
  const host =
    of(attributes, "peer.service") ?? of(attributes, "server.address") ?? of(attributes, "url.full");
  return host === null
    ? undefined
    : { kind: "foreign", source: me, target: host, member: routeOf(span), local };
}

function routeOf({ attributes, name }: SpanRow): string {
  const method = of(attributes, "http.request.method");
  const route = of(attributes, "http.route") ?? of(attributes, "url.template");
  return method === null ? name : route === null ? method : `${method} ${route}`;
}

function verbOf(attributes: Attributes, name: string): string {
  const text = of(attributes, "db.operation.name") ?? of(attributes, "db.query.text") ?? name;
  return /^\s*(\w{1,20})/.exec(text)?.[1]?.toUpperCase() ?? "";
}

function of(attributes: Attributes, name: string): string | null {
  const value = attributes[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** Flows that wait to be written. */
export class FlowSums {
  readonly #sums = new Map<string, FlowSum>();

  add(span: SpanRow): void {
    const found = flowOf(span);
    if (!found) return;
    const flow = this.#sums.size < MOST_MEMBERS ? found : { ...found, member: "" };
    const slot = Math.floor((span.startUs + span.durationUs) / 1e6 / SLOT_S) * SLOT_S;
    const key = `${slot} ${flow.kind} ${flow.local} ${flow.member} ${flow.source} ${flow.target}`;
    let sum = this.#sums.get(key);
    if (!sum) {
      if (this.#sums.size >= MOST_FLOWS) return;
      const none = { count: 0, errors: 0, refused: 0, asked: 0, askedBytes: 0, replied: 0, repliedBytes: 0 };
      this.#sums.set(key, (sum = { ...flow, slot, ...none, durations: new Map() }));
    }
    sum.count++;
    const ending = endingOf(span);
    if (ending === "failed") sum.errors++;
    else if (ending === "refused") sum.refused++;
    addTo(sum.durations, bucketOf(span.durationUs), 1);
    const asked = span.attributes["kerf.request.bytes"];
    const replied = span.attributes["kerf.reply.bytes"];
    if (typeof asked === "number") {
      sum.asked++;
      sum.askedBytes += Math.round(asked);
    }
    if (typeof replied === "number") {
      sum.replied++;
      sum.repliedBytes += Math.round(replied);
    }
  }

  take(): FlowSum[] {
    const taken = [...this.#sums.values()];
    this.#sums.clear();
    return taken;
  }
}
