/** What a process may die before and after. */
export const crashMoments = [
  "transaction.begin",
  "command.record",
  "state.write",
  "inbox.insert",
  "outbox.insert",
  "transaction.commit",
  "publish",
  "publish.acknowledge",
  "mark-sent",
  "receive",
  "handle",
  "acknowledge",
  "park",
  "dead-letter",
  "prepare",
  "saga.step",
  "saga.compensation",
  "timer.fire",
  "lease.renew",
  "broker.renew",
] as const;

/** Points that have no two sides. */
export const crashInstants = [
  /** COMMIT is on its way, and nothing is known of its reply. */
  "transaction.commit.sent",
  /** A step of a saga was called and answered; nothing of that is recorded. */
  "saga.step.called",
  /** A saga slept to its end. */
  "saga.woken",
  /** Sagas of a dead process were taken over. */
  "saga.claimed",
  /** The record says that this command came before. */
  "command.repeated",
  /** The record says that this message was handled before. */
  "delivery.repeated",
] as const;

export type CrashMoment = (typeof crashMoments)[number];
export type CrashPoint = `${CrashMoment}.${"before" | "after"}` | (typeof crashInstants)[number];

/** Every place where a process can be told to die. */
export const crashPoints: readonly CrashPoint[] = [
  ...crashMoments.flatMap((moment) => [`${moment}.before`, `${moment}.after`] as const),
  ...crashInstants,
];
