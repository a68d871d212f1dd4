import { crashPoints, type CrashPoint } from "@kerf/runtime/crashpoint";

export type TopologyName = "monolith" | "split";
export const topologies: readonly TopologyName[] = ["monolith", "split"];

/** One run of the ledger: which of its units dies where. */
export interface Case {
  readonly point: CrashPoint;
  readonly topology: TopologyName;
  /** Unit to what {@link crashFiles} takes. */
  readonly deaths: Readonly<Record<string, string>>;
}

/** The unit that does most of this, where the ledger is split. */
const owners: readonly (readonly [RegExp, string])[] = [
  [/^(inbox|receive|handle|acknowledge|park|dead-letter|timer|broker|delivery)\b/, "book"],
  [/^(saga|lease)\b/, "desk"],
  [/./, "ledger"],
];

/** At which time it dies there: in the middle of the load, or at the only one that there is. */
const nths: readonly (readonly [RegExp, number])[] = [
  [/^(park|dead-letter|saga\.claimed|delivery\.repeated|command\.repeated)\b/, 1],
  [/^(transaction|command|state|handle|inbox)\b/, 8],
  [/^(lease|outbox|saga\.step)\b/, 5],
  [/./, 3],
];

/** These come only after another death, of the unit that stands beside them. */
const after: Partial<Record<CrashPoint, { readonly unit: string; readonly death: string }>> = {
  "delivery.repeated": { unit: "book", death: "acknowledge.before:3" },
  "command.repeated": { unit: "desk", death: "saga.step.called:5" },
  // Without one a saga is taken up by who started it, nearly always.
  "saga.claimed": { unit: "desk", death: "saga.step.called:5" },
};

const first = <T>(rules: readonly (readonly [RegExp, T])[], point: string): T =>
  rules.find(([of]) => of.test(point))![1];

/** Every point in every topology. */
export const allCases: readonly Case[] = topologies.flatMap((topology) =>
  crashPoints.map((point) => ({ point, topology, deaths: deathsOf(point, topology) })),
);

function deathsOf(point: CrashPoint, topology: TopologyName): Record<string, string> {
  const own = `${point}:${first(nths, point)}`;
  const unit = topology === "monolith" ? "all" : first(owners, point);
  const before = after[point];
  if (before === undefined) return { [unit]: own };
  const other = topology === "monolith" ? "all" : before.unit;
  return other === unit ? { [unit]: `${before.death},${own}` } : { [other]: before.death, [unit]: own };
}

/** What broke known systems: a death between the outside world and what is known of it. */
const atRisk: readonly CrashPoint[] = [
  "transaction.commit.sent",
  "mark-sent.before",
  "saga.step.called",
  "prepare.after",
];

/** Those at risk, and `more` others, which are others tomorrow; over some weeks all of them. */
export function sampleOf(day: number, more: number): readonly Case[] {
  const fixed = allCases.filter(({ point, topology }) => {
    const place = atRisk.indexOf(point);
    return place >= 0 && topology === topologies[place % topologies.length];
  });
  const rest = allCases.filter((one) => !fixed.includes(one));
  // A stride that has no divisor in common with the number of cases passes all of them.
  const rotating = Array.from({ length: more }, (_, i) => rest[((day * more + i) * 37) % rest.length]!);
  return [...fixed, ...rotating];
}
