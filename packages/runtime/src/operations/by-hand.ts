import { asGiven } from "../call/baggage.ts";
import { serviceNameOf, describe, type AnyEvent, type Violation } from "kerf";
import { newTrace, traceIdOf } from "../call/trace.ts";
import { processClock } from "../clock/process-clock.ts";
import type { Graph, ServiceNode } from "../graph/index.ts";
import type { OutboxMessage } from "../journal/journal.ts";
import { olderEvents } from "../service/older-events.ts";
import { compileValidator } from "../validate/index.ts";
import { Effects } from "../work/effects.ts";

/** An event that a person states in the place of the service that owns it. */
export interface EventByHand {
  /** `"orders@1.placed"` */
  readonly type: string;
  readonly data: unknown;
  /** Where given, the data must have it as its key. */
  readonly key?: string | undefined;
}

/** An event that fits its contract, as it will be in the outbox of its owner. Plain data: it can be sent to another thread. */
export interface StatedByHand {
  readonly service: string;
  readonly type: string;
  readonly id: string;
  readonly key: string;
  readonly traceId: string;
  /** The event, then what those are told who know an older version of the contract only. */
  readonly messages: readonly OutboxMessage[];
}

/** Why it cannot be stated. */
export interface NotStated {
  readonly refused: string;
  /** Where the data does not fit. */
  readonly violations: readonly Violation[];
}

/** Makes of an event what its owner would have stated. Nothing is written yet: `ServiceOperations.publish` does that. */
export function stateByHand({ services }: Graph, { type, data, key }: EventByHand): StatedByHand | NotStated {
  const node = services.get(serviceNameOf(type));
  const event = node && eventOf(node, type);
  if (!event) return refused(`there is no event ${JSON.stringify(type)}`);
  const { definition } = node;
  if (!definition.needs.database)
    return refused(`${definition.name} has no database, and so no outbox that ${type} could be put into`);
  // A person is told of a field that is not there: it may be another's name written wrongly.
  const checked = compileValidator(event.data, { unknownFields: "reject", enums: "exact" })(data);
  if (!checked.ok) return refused(`the data does not fit ${type}`, checked.violations);
  const found = String((checked.value as Record<string, unknown>)[event.key]);
  if (key !== undefined && key !== found)
    return refused(`the key of ${type} is its ${event.key}: "${found}" in the data, and not "${key}"`, [
      { path: event.key, message: `is not ${JSON.stringify(key)}, which was given as the key` },
    ]);
  const traceparent = newTrace();
  const effects = new Effects(
    {
      clock: processClock,
      service: definition.name,
      uses: new Set(),
      sagas: new Set(),
      worker: undefined,
      validator: (of) => compileValidator((of as AnyEvent).data, { unknownFields: "drop", enums: "exact" }),
      older: olderEvents(definition.older),
      baggage: asGiven,
    },
    { actor: undefined, traceparent },
  );
  try {
    effects.emit(event, checked.value);
  } catch (error) {
    // An adapter to an older version is the application's own code.
    return refused((error as Error).message);
  }
  return {
    service: definition.name,
    type,
    id: effects.messages[0]!.id,
    key: found,
    traceId: traceIdOf(traceparent),
    messages: effects.messages,
  };
}

function eventOf({ served }: ServiceNode, type: string): AnyEvent | undefined {
  for (const contract of served.values())
    for (const member of describe(contract).members.values())
      if (member.id === type && member.kind === "event") return member;
  return undefined;
}

function refused(why: string, violations: readonly Violation[] = []): NotStated {
  return { refused: why, violations };
}
