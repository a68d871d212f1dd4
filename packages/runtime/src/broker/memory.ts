import type { Broker, Group, OnProblem, Subscription } from "./broker.ts";
import { warnOfProblem } from "./broker.ts";
import { processClock } from "../clock/process-clock.ts";
import { type MemoryTimers, memoryDelivery } from "./memory-delivery.ts";
import { type Consumers, groupKey, type Member, MemoryLog } from "./memory-log.ts";
import { RETENTION_MS } from "./redelivery.ts";

export interface MemoryBrokerOptions {
  /** Brokers that share a log behave like the brokers of several processes. */
  readonly log?: MemoryLog;
  readonly timers?: MemoryTimers;
  readonly retentionMs?: number;
  readonly onProblem?: OnProblem;
}

export interface MemoryBroker extends Required<Broker> {
  /** Ends as a killed process does: what is in flight is not acknowledged, and its lanes go to the others. */
  crash(): void;
}

/** The broker of one process and of simulations: the same contract as the others, kept nowhere. */
export function memoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const { log = new MemoryLog(), timers = processClock, retentionMs = RETENTION_MS } = options;
  const { onProblem = warnOfProblem } = options;
  const pump = memoryDelivery(log, timers);
  const home = {};
  let closed = false;

  async function leave(consumers: Consumers, member: Member): Promise<void> {
    consumers.members = consumers.members.filter((other) => other !== member);
    member.controller.abort();
    pump(consumers);
    await Promise.all(member.running);
  }

  async function leaveAll(): Promise<void> {
    closed = true;
    const left = [...log.groups.values()].flatMap((consumers) =>
      consumers.members.filter((member) => member.home === home).map((member) => leave(consumers, member)),
    );
    await Promise.all(left);
  }

  function assertOpen(): void {
    if (closed) throw new Error("This broker is closed: make a new one.");
  }

  return {
    async register(groups) {
      assertOpen();
      for (const group of groups) log.consumers(group);
    },

    async publish(batch) {
      assertOpen();
      log.append(batch, timers.now());
      const channels = new Set(batch.messages.map((message) => message.channel));
      for (const channel of channels) log.trim(channel, timers.now() - retentionMs);
      for (const consumers of log.groups.values()) if (channels.has(consumers.group.channel)) pump(consumers);
    },

    async subscribe(group, deliver): Promise<Subscription> {
      assertOpen();
      const consumers = log.consumers(group);
      if (consumers.members.some((member) => member.home === home)) {
        throw new Error(
          `${group.service} is subscribed to ${group.channel} already: stop that subscription first.`,
        );
      }
      const member = {
        home,
        deliver,
        onProblem,
        controller: new AbortController(),
        running: new Set<Promise<void>>(),
      };
      consumers.members = [...consumers.members, member];
      pump(consumers);
      return { stop: () => leave(consumers, member) };
    },

    close: leaveAll,

    crash() {
      for (const { cursors } of log.groups.values()) {
        for (const cursor of cursors) if (cursor.delivery?.by.home === home) cursor.delivery = undefined;
      }
      void leaveAll();
      // A subscription that was stopping has left already, but not what it was working on.
      for (const consumers of log.groups.values()) pump(consumers);
    },

    async backlog() {
      return [...log.groups.values()].map(({ group: { service, channel }, cursors }) => {
        const lanes = log.lanes(channel);
        const messages = cursors.reduce((sum, { lane, next }) => sum + lanes[lane]!.next - next, 0);
        const waiting = cursors.flatMap(
          ({ lane, next }) => lanes[lane]!.entries.find((e) => e.offset >= next)?.at ?? [],
        );
        const missed = cursors.reduce((sum, { lane, next, missed: noted, missedAt }) => {
          const lately = missedAt > timers.now() - retentionMs ? noted : 0;
          return sum + lately + Math.max(0, lanes[lane]!.first - next);
        }, 0);
        return {
          service,
          channel,
          messages,
          oldestMs: messages === 0 ? 0 : timers.now() - Math.min(...waiting, timers.now()),
          missed,
        };
      });
    },

    async retire(group: Group) {
      const consumers = log.groups.get(groupKey(group));
      log.groups.delete(groupKey(group));
      await Promise.all((consumers?.members ?? []).map((member) => leave(consumers!, member)));
    },

    async spans(channel, sinceMs) {
      return log.lanes(channel).map(({ first, next, entries }, lane) => ({
        lane,
        from: entries.find((entry) => entry.at >= sinceMs)?.offset ?? next,
        next,
        trimmed: sinceMs > 0 && first > 1 && sinceMs < timers.now() - retentionMs,
      }));
    },

    async read(channel, lane, offset, limit) {
      const entries = log.lanes(channel)[lane]!.entries.filter((entry) => entry.offset >= offset);
      return entries.slice(0, limit).map(({ at: _at, ...message }) => message);
    },

    wake(topic) {
      for (const listener of log.topics.get(topic) ?? []) queueMicrotask(listener);
    },

    onWake(topic, listener) {
      const listeners = log.topics.get(topic) ?? new Set();
      log.topics.set(topic, listeners.add(listener));
      return () => listeners.delete(listener);
    },
  };
}
