import { isQuiet, working, type Rest } from "../rest.ts";
import { count, entry, type AuditEntry } from "./entry.ts";

/** Whether every unit came to rest, and left nothing behind. */
export function auditRest({ reached, seconds, units }: Rest): AuditEntry[] {
  const reports = [...units];
  const silent = reports.filter(([, status]) => !status).map(([name]) => `${name} does not report`);
  const offenders = (wrong: (status: NonNullable<(typeof reports)[number][1]>) => string | undefined) => [
    ...silent,
    ...reports.flatMap(([name, status]) => {
      const found = status && wrong(status);
      return found ? [`${name} has ${found}`] : [];
    }),
  ];
  const looked = count(units.size, "unit");
  const restless = offenders((status) =>
    isQuiet(status)
      ? undefined
      : working
          .filter((what) => status[what] > 0)
          .map((what) => `${what} ${status[what]}`)
          .join(", "),
  );
  return [
    entry(
      "every unit came to rest",
      `${looked}, within ${seconds.toFixed(1)} s`,
      reached ? [] : [`not within ${seconds.toFixed(0)} s`, ...restless],
    ),
    entry(
      "every saga ended",
      looked,
      offenders(({ sagas, parkedSagas }) =>
        sagas + parkedSagas > 0 ? `${sagas} running and ${parkedSagas} parked` : undefined,
      ),
    ),
    entry(
      "outboxes empty",
      looked,
      offenders(({ outbox, undelivered, mailboxes, retries }) =>
        outbox + undelivered + mailboxes + retries > 0
          ? `${outbox} in outboxes, ${undelivered} undelivered, ${mailboxes} in mailboxes, ${retries} to retry`
          : undefined,
      ),
    ),
    entry(
      "no dead letters",
      looked,
      offenders((s) => (s.deadLetters > 0 ? count(s.deadLetters, "dead letter") : undefined)),
    ),
  ];
}
