import type { Backlog as Behind } from "../broker/broker.ts";
import type { Backlog } from "../journal/journal.ts";
import type { Alarm } from "./alarms.ts";

/** From where on a backlog is worth a word. */
export const thresholds = {
  /** The oldest message that is not yet sent: a relay sends within milliseconds. */
  unsentMs: 60_000,
  unsent: 10_000,
  /** Messages that wait for another try, and those behind them. */
  retries: 1_000,
  /** The oldest message that a subscriber has not acknowledged. */
  behindMs: 300_000,
  behind: 10_000,
  /** Of the time that the broker keeps messages: so far behind, a subscriber is about to lose some. */
  nearLoss: 0.8,
} as const;

/** What the backlog of a service says. */
export function backlogAlarms(service: string, backlog: Backlog): readonly Alarm[] {
  const { outbox, oldestUnsentMs, retries, deadLetters, stuckSagas, parkedSagas } = backlog;
  return [
    {
      name: "unsent",
      raised: oldestUnsentMs > thresholds.unsentMs || outbox > thresholds.unsent,
      level: "warn",
      text: `${outbox} messages of ${service} are not sent, the oldest for ${seconds(oldestUnsentMs)}; is the broker's database well?`,
      cleared: `the messages of ${service} are sent again`,
      fields: { outbox, oldestUnsentMs },
    },
    {
      name: "retries",
      raised: retries > thresholds.retries,
      level: "warn",
      text: `${retries} messages wait in ${service} for another try, or behind one that fails`,
      cleared: `fewer than ${thresholds.retries} messages wait in ${service} for another try`,
      fields: { retries },
    },
    {
      name: "dead letters",
      raised: deadLetters > 0,
      level: "error",
      text: `${deadLetters} dead letters of ${service}; see: kerf dead-letters --service ${service}`,
      cleared: `${service} has no dead letters any more`,
      fields: { deadLetters },
    },
    {
      name: "stuck sagas",
      raised: stuckSagas > 0,
      level: "warn",
      text: `${stuckSagas} sagas of ${service} get nowhere; see: kerf sagas --service ${service} --state stuck`,
      cleared: `no saga of ${service} is stuck any more`,
      fields: { stuckSagas },
    },
    {
      name: "parked sagas",
      raised: parkedSagas > 0,
      level: "error",
      text: `${parkedSagas} sagas of ${service} are parked; see: kerf sagas --service ${service} --state parked`,
      cleared: `no saga of ${service} is parked any more`,
      fields: { parkedSagas },
    },
  ];
}

/** What the distance of a subscriber from the end of a log says. `keptMs`: how long the broker keeps messages. */
export function behindAlarms(group: Behind, keptMs: number): readonly Alarm[] {
  const { service, channel, messages, oldestMs, missed } = group;
  const name = `${service} on ${channel}`;
  const fields = { service, channel, messages, oldestMs, missed };
  return [
    {
      name: `behind: ${name}`,
      raised: messages > thresholds.behind || oldestMs > thresholds.behindMs,
      level: "warn",
      text: `${service} is ${messages} messages behind on ${channel}, the oldest ${seconds(oldestMs)} old; does a unit with ${service} run?`,
      cleared: `${service} has caught up on ${channel}`,
      fields,
    },
    {
      name: `near loss: ${name}`,
      raised: oldestMs > keptMs * thresholds.nearLoss,
      level: "error",
      text: `${service} is about to lose messages of ${channel}: its oldest is ${seconds(oldestMs)} old, and they are kept for ${seconds(keptMs)}`,
      cleared: `${service} is not about to lose messages of ${channel} any more`,
      fields,
    },
    {
      name: `loss: ${name}`,
      raised: missed > 0,
      level: "error",
      text: `${service} lost ${missed} messages of ${channel}: it was further behind than messages are kept`,
      cleared: `${service} has lost no messages of ${channel} lately`,
      fields,
    },
  ];
}

function seconds(ms: number): string {
  const s = Math.round(ms / 1_000);
  if (s < 120) return `${s} s`;
  return s < 7_200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3_600)} h`;
}
