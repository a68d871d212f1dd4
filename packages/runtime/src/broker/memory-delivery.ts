import type { Clock } from "../clock/clock.ts";
import { type Consumers, type Cursor, groupKey, type MemoryLog } from "./memory-log.ts";
import { DELIVERY_LIMIT, redeliveryDelayMs } from "./redelivery.ts";

/** What the in-memory broker needs of time. */
export type MemoryTimers = Pick<Clock, "now" | "after">;

/** Returns the pump: it starts a delivery on every lane that is idle, has messages, and has a member to take them. */
export function memoryDelivery(log: MemoryLog, timers: MemoryTimers): (consumers: Consumers) => void {
  function pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = () => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = timers.after(ms, end);
      signal.addEventListener("abort", end);
    });
  }

  async function deliverLane(
    { group }: Consumers,
    cursor: Cursor,
    delivery: NonNullable<Cursor["delivery"]>,
  ) {
    const { service, channel } = group;
    const member = delivery.by;
    const lane = log.lanes(channel)[cursor.lane]!;
    const place = { service, channel, lane: cursor.lane };
    if (cursor.next < lane.first) {
      const missed = lane.first - cursor.next;
      cursor.next = lane.first;
      cursor.missed += missed;
      cursor.missedAt = timers.now();
      const message = `${service} lost ${missed} messages of ${channel}: they were trimmed before it took them.`;
      member.onProblem({ code: "TRIMMED", message, missed, ...place });
    }
    const start = cursor.next - lane.first;
    const messages = lane.entries.slice(start, start + DELIVERY_LIMIT);
    const { signal } = member.controller;
    await Promise.resolve(); // A publisher must never run a subscriber's code.
    for (let failures = 0; messages.length > 0 && !signal.aborted;) {
      try {
        await member.deliver(messages, signal);
        if (cursor.delivery === delivery) cursor.next = messages.at(-1)!.offset + 1;
        break;
      } catch (cause) {
        failures += 1;
        const message = `${service} could not take ${messages.length} messages of ${channel}: they will come again.`;
        if (failures === 1 && !signal.aborted)
          member.onProblem({ code: "DELIVERY_FAILED", message, cause, ...place });
        await pause(redeliveryDelayMs(failures), signal);
      }
    }
    if (cursor.delivery === delivery) cursor.delivery = undefined;
  }

  function pump(consumers: Consumers): void {
    if (log.groups.get(groupKey(consumers.group)) !== consumers) return;
    const lanes = log.lanes(consumers.group.channel);
    for (const cursor of consumers.cursors) {
      const member = consumers.members[cursor.lane % consumers.members.length];
      if (member === undefined || cursor.delivery !== undefined || cursor.next >= lanes[cursor.lane]!.next)
        continue;
      cursor.delivery = { by: member };
      const running = deliverLane(consumers, cursor, cursor.delivery).finally(() => {
        member.running.delete(running);
        pump(consumers);
      });
      member.running.add(running);
    }
  }

  return pump;
}
