import type { Broker } from "@kerf/runtime";

/** A broker that delivers everything twice, so that a test sees whether what happens twice takes effect once. */
export function repeating(broker: Broker): Broker {
  return {
    ...broker,
    register: (groups) => broker.register(groups),
    publish: (batch) => broker.publish(batch),
    subscribe: (group, deliver) =>
      broker.subscribe(group, async (messages, signal) => {
        await deliver(messages, signal);
        await deliver(messages, signal);
      }),
    close: () => broker.close(),
    backlog: () => broker.backlog?.() ?? Promise.resolve([]),
    wake: (topic) => broker.wake?.(topic),
    onWake: (topic, listener) => broker.onWake?.(topic, listener) ?? (() => {}),
  };
}
