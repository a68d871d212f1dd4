import type { Duration } from "./duration.ts";
import { refuse } from "./refuse.ts";

/** How many in how long: `"10/s"`, `"600/m"`, `"100/30s"`. The time is a whole number of seconds, at most a day. */
export type Rate = `${number}/${"s" | "m" | "h" | "d" | Duration}`;

/**
 * How often one caller may ask. Both hold at once: `rate` is what they may sustain, `burst` how many may come together in
 * a shorter time. `{ rate: "600/m", burst: "50/s" }`. `"none"` takes what it stands for out of every limit.
 */
export type Limit = { readonly rate: Rate; readonly burst?: Rate } | "none";

/** `gateway: { limits: { … } }` of an app: what one caller may ask of all members together. */
export interface AppLimits {
  /**
   * Of callers that are not known, by their address. `{ rate: "3000/m", burst: "200/s" }` where absent, wherever others
   * than this machine can reach the gateway; `"none"` turns it off.
   */
  readonly strangers?: Limit;
  /** Of callers that are known. None where absent. */
  readonly known?: Limit;
}

/** A limit as it is counted: `count` requests within a window of `seconds`. */
export interface Quota {
  readonly count: number;
  readonly seconds: number;
}

export interface Quotas {
  readonly rate: Quota;
  readonly burst: Quota | undefined;
}

/** Reads a limit. @returns undefined for `"none"` @throws DeclarationError where it is none, at `place` */
export function readLimit(limit: Limit, place: string): Quotas | undefined {
  if (limit === "none") return undefined;
  if (typeof limit !== "object" || limit === null || typeof limit.rate !== "string")
    refuse(place, "is no limit", 'write { rate: "600/m", burst: "50/s" }, or "none"');
  const other = Object.keys(limit).find((key) => key !== "rate" && key !== "burst");
  if (other !== undefined) refuse(place, `has "${other}", which is unknown`, "it has `rate` and `burst`");
  const rate = readRate(limit.rate, `${place}.rate`);
  if (limit.burst === undefined) return { rate, burst: undefined };
  const burst = readRate(limit.burst, `${place}.burst`);
  if (burst.seconds >= rate.seconds || burst.count >= rate.count)
    refuse(
      `${place}.burst`,
      `"${limit.burst}" is not fewer requests in a shorter time than "${limit.rate}"`,
      'write it as { rate: "600/m", burst: "50/s" }',
    );
  if (burst.count / burst.seconds <= rate.count / rate.seconds)
    refuse(
      `${place}.burst`,
      `"${limit.burst}" is no more than "${limit.rate}" allows on average`,
      "raise it, or leave it out",
    );
  return { rate, burst };
}

const secondsOf = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const A_DAY = 86_400;

function readRate(text: string, place: string): Quota {
  const found = /^(\d{1,9})\/(\d{0,9})(ms|s|m|h|d)$/.exec(text);
  const count = Number(found?.[1] ?? 0);
  const seconds = Number(found?.[2] || 1) * secondsOf[(found?.[3] ?? "s") as keyof typeof secondsOf];
  const mend = 'write how many in how long, such as "10/s", "600/m" or "100/30s"';
  if (count === 0) refuse(place, `"${text}" is not a rate`, mend);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > A_DAY)
    refuse(place, `the time of "${text}" is not a whole number of seconds up to a day`, mend);
  return { count, seconds };
}

/** Checks the limit of a member. @throws DeclarationError */
export function checkLimit(limit: Limit | undefined, http: string | undefined, place: string): void {
  if (limit === undefined) return;
  readLimit(limit, `${place}.limit`);
  if (http === undefined)
    refuse(place, "has a limit but no http", "leave `limit` out: it is counted where strangers come in");
}

/** Checks the limits of an app. @throws DeclarationError */
export function checkAppLimits(limits: AppLimits | undefined, place: string): void {
  if (limits === undefined) return;
  for (const [who, limit] of Object.entries(limits)) {
    if (who !== "strangers" && who !== "known")
      refuse(`${place}.${who}`, "is unknown", "it has `strangers` and `known`");
    if (limit !== undefined) readLimit(limit as Limit, `${place}.${who}`);
  }
}
