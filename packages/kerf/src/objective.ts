import { refuse } from "./refuse.ts";

/** Times that are counted as they are: bounds of the histogram `kerf.edge.duration`. */
export const latencyBounds = [
  "500us",
  "1ms",
  "2.5ms",
  "5ms",
  "10ms",
  "25ms",
  "50ms",
  "100ms",
  "250ms",
  "500ms",
  "1s",
  "2.5s",
  "5s",
  "10s",
] as const;

/** `"250ms"`: one of a list, so that the share of calls within it is counted and not estimated. */
export type LatencyBound = (typeof latencyBounds)[number];

/**
 * What a query or command promises its callers, over 30 days: `{ availability: 0.999, latency: { p: 0.95, within: "250ms" } }`.
 * It changes nothing at run time: `kerf export prometheus` makes alerts of it.
 */
export interface ObjectiveSpec {
  /** Share of calls that do not fail by our fault. Errors that the contract declares, and bad input, do not count. */
  readonly availability?: number;
  /** The share `p` of calls that end within a time, as their callers see it. */
  readonly latency?: { readonly p: number; readonly within: LatencyBound };
}

/** What a stream promises its callers. When it answers first depends on what there is to tell, and is not counted. */
export interface StreamObjectiveSpec {
  /** Share of streams that do not break by our fault. Who leaves, and the end of a stream's time, break nothing. */
  readonly availability: number;
}

/** The same, read. Of a stream without `latency`. */
export interface Objective {
  readonly availability: number | undefined;
  /** `within` in seconds. */
  readonly latency: { readonly p: number; readonly within: number } | undefined;
}

/** @throws DeclarationError at `place` */
export function readObjective(spec: ObjectiveSpec | undefined, place: string): Objective | undefined {
  if (spec === undefined) return undefined;
  const mend = 'write { availability: 0.999, latency: { p: 0.95, within: "250ms" } }, or one of the two';
  if (typeof spec !== "object" || spec === null) return refuse(place, "is no objective", mend);
  refuseOthers(spec, ["availability", "latency"], place, mend);
  const { availability, latency } = spec;
  if (availability === undefined && latency === undefined) refuse(place, "promises nothing", mend);
  if (availability !== undefined) checkShare(availability, `${place}.availability`);
  if (latency === undefined) return { availability, latency };
  if (typeof latency !== "object" || latency === null)
    return refuse(`${place}.latency`, "says nothing", mend);
  refuseOthers(latency, ["p", "within"], `${place}.latency`, mend);
  checkShare(latency.p, `${place}.latency.p`);
  return { availability, latency: { p: latency.p, within: secondsOf(latency.within, `${place}.latency`) } };
}

/** @throws DeclarationError at `place` */
export function readStreamObjective(
  spec: StreamObjectiveSpec | undefined,
  place: string,
): Objective | undefined {
  const objective = readObjective(spec, place);
  if (objective?.latency)
    refuse(place, "promises a latency, which is not counted of streams", "write { availability: 0.999 }");
  return objective;
}

/** What a contract promises of its streams. */
export function ofStreams(ofContract: Objective | undefined): Objective | undefined {
  const { availability } = ofContract ?? {};
  return availability === undefined ? undefined : { availability, latency: undefined };
}

/** What a member promises: of each kind what it says itself, and else what its contract says of all. */
export function joinObjectives(
  own: Objective | undefined,
  ofContract: Objective | undefined,
): Objective | undefined {
  if (own === undefined || ofContract === undefined) return own ?? ofContract;
  return {
    availability: own.availability ?? ofContract.availability,
    latency: own.latency ?? ofContract.latency,
  };
}

function refuseOthers(value: object, known: readonly string[], place: string, mend: string): void {
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other !== undefined) refuse(place, `has "${other}", which is unknown`, mend);
}

/** From half to 99.999 %: below nobody is promised anything, and above there is nothing left to alert on in time. */
function checkShare(share: unknown, place: string): void {
  if (typeof share !== "number" || !(share >= 0.5 && share <= 0.999_99))
    refuse(
      place,
      `${JSON.stringify(share)} is not a share from 0.5 to 0.99999`,
      "write 0.999 for 99.9 % of calls",
    );
}

const unitSeconds = { us: 1e-6, ms: 1e-3, s: 1 } as const;

function secondsOf(within: LatencyBound, place: string): number {
  if (!latencyBounds.includes(within))
    refuse(
      `${place}.within`,
      `${JSON.stringify(within)} is no time that is counted`,
      `write one of ${latencyBounds.map((bound) => `"${bound}"`).join(", ")}`,
    );
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(within)!;
  return Number((Number(number) * unitSeconds[unit as keyof typeof unitSeconds]).toPrecision(6));
}
