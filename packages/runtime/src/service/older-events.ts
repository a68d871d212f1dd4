import type { AdaptedEvent, Adapter, AnyEvent } from "kerf";

/** An old event that is stated with one of today. */
export interface OlderEvent {
  readonly event: AnyEvent;
  readonly data: ((current: any) => unknown) | undefined;
}

/** By the id of the event of today. */
export function olderEvents(adapters: readonly Adapter[]): ReadonlyMap<string, readonly OlderEvent[]> {
  const stated = adapters
    .flatMap(({ events }) => [...events.values()])
    .filter((event): event is Extract<AdaptedEvent, { current: AnyEvent }> => event.never === undefined)
    .map(({ older, current, data }) => ({ id: current.id, event: older, data }));
  return Map.groupBy(stated, ({ id }) => id);
}
