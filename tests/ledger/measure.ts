import type { CrashFiles } from "@kerf/testing";
import type { BankEntry } from "../fixture/bank.ts";
import type { Books } from "./books.ts";

/** What the deaths of one run cost. */
export interface Measured {
  /**
   * From each death until that unit's work of that kind went on, in milliseconds; undefined where none was left, or where
   * the unit died once more before.
   */
  readonly recoveryMs: readonly (number | undefined)[];
  /** From each death until the new process came to its first crash point: what of the recovery is starting a process. */
  readonly startMs: readonly (number | undefined)[];
  /** From the first death until the last saga that then lived had ended; undefined where none lived. */
  readonly sagasMs: number | undefined;
  readonly repeated: Repeated;
}

export interface Repeated {
  /** Messages that the broker got again. */
  readonly publications: number;
  /** Messages that a service got again, and knew. */
  readonly deliveries: number;
  /** Commands that came again, and were answered from the record. */
  readonly commands: number;
  /** Orders that the bank got again, and knew. */
  readonly bank: number;
}

/** By what it shows that work of a kind goes on. */
const goesOn: readonly (readonly [RegExp, string])[] = [
  [/^(publish|mark-sent)/, "mark-sent.after"],
  [/^(inbox|receive|handle|acknowledge|park|delivery|broker)/, "handle.after"],
  [/^dead-letter/, "dead-letter.after"],
  [/^timer/, "timer.fire.after"],
  [/^saga\.compensation/, "saga.compensation.after"],
  [/^saga/, "saga.step.after"],
  [/^lease/, "lease.renew.after"],
  [/./, "transaction.commit.after"],
];

export async function measure(
  units: readonly string[],
  files: CrashFiles,
  { transfers, broker }: Books,
  bank: readonly BankEntry[],
): Promise<Measured> {
  const trails = units.map((unit) => files.passed(unit));
  const deaths = units.flatMap((unit, i) =>
    files.deaths(unit).map((death, nth, all) => {
      const [, sign] = goesOn.find(([of]) => of.test(death.point))!;
      const next = trails[i]!.find((r) => r.at >= death.at && r.pid !== death.pid && r.point === sign);
      const again = all[nth + 1];
      const start = trails[i]!.find((r) => r.at >= death.at && r.pid !== death.pid);
      const ms = next && (again === undefined || next.at <= again.at) ? next.at - death.at : undefined;
      return { at: death.at, ms, startMs: start && start.at - death.at };
    }),
  );
  const [published] = await broker<{ times: number }[]>`
    select (count(*) - count(distinct (channel, id)))::int as times from broker.messages`;
  const count = (point: string): number => trails.flat().filter((r) => r.point === point).length;
  return {
    recoveryMs: deaths.map((death) => death.ms),
    startMs: deaths.map((death) => death.startMs),
    sagasMs: deaths.length === 0 ? undefined : await sagasMs(transfers, Math.min(...deaths.map((d) => d.at))),
    repeated: {
      publications: published!.times,
      deliveries: count("delivery.repeated"),
      commands: count("command.repeated"),
      bank: bank.filter((entry) => entry.repeated).length,
    },
  };
}

async function sagasMs(transfers: Books["transfers"], from: number): Promise<number | undefined> {
  const [row] = await transfers<{ ms: number | null }[]>`
    select (extract(epoch from max(ended_at)) * 1000 - ${from}::float8)::int as ms from kerf.saga
    where started_at <= to_timestamp(${from}::float8 / 1000) and ended_at > to_timestamp(${from}::float8 / 1000)`;
  return row?.ms ?? undefined;
}
