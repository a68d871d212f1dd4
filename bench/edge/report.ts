import { spread } from "../measure.ts";
import type { Sample, Samples } from "./sample.ts";

/** Prints a table for each request, and the aims as ratios within the rounds. */
export function report(
  samples: Samples,
  { rounds, seconds, connections }: { rounds: number; seconds: number; connections: number },
): void {
  const asked = [...samples.values()][0]!.keys();
  console.log(`${connections} connections, ${rounds} rounds of ${seconds} s: median (lowest to highest)\n`);
  for (const what of asked) {
    console.log(`| ${what} | requests/s | CPU of the server, µs a request | p50 ms | p99 ms |`);
    console.log("|---|--:|--:|--:|--:|");
    for (const [name, own] of samples) console.log(`| ${name} | ${row(own.get(what) ?? [])} |`);
    console.log("");
  }
  const kerf = samples.get("Kerf");
  const fastify = samples.get("Fastify");
  if (!kerf || !fastify) return;
  console.log("| aim | by requests/s | by CPU |");
  console.log("|---|--:|--:|");
  for (const what of ["trivial", "read", "write"]) {
    const [ours, theirs] = [kerf.get(what)!, fastify.get(what)!];
    console.log(`| ${what}: at least 90 % of Fastify | ${percents(ours, theirs)} |`);
  }
  for (const what of ["trivial", "read", "write"]) {
    const [known, stranger] = [kerf.get(`${what}, known`)!, kerf.get(what)!];
    console.log(`| ${what}: known people at least 90 % of strangers | ${percents(known, stranger)} |`);
  }
}

function row(own: readonly Sample[]): string {
  return [
    spread(
      own.map(({ perSecond }) => perSecond),
      0,
    ),
    spread(
      own.map(({ cpuUs }) => cpuUs),
      1,
    ),
    spread(
      own.map(({ p50Ms }) => p50Ms),
      2,
    ),
    spread(
      own.map(({ p99Ms }) => p99Ms),
      2,
    ),
  ].join(" | ");
}

/** Of each round on its own, since both ran under the same conditions then. */
function percents(first: readonly Sample[], second: readonly Sample[]): string {
  const of = (ratio: (a: Sample, b: Sample) => number): string =>
    `${spread(
      first.map((sample, round) => ratio(sample, second[round]!) * 100),
      0,
    )} %`;
  return `${of((a, b) => a.perSecond / b.perSecond)} | ${of((a, b) => b.cpuUs / a.cpuUs)}`;
}
