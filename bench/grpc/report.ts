import type { Measured } from "./pair.ts";

/** What was measured, by contender and by what was asked of it. */
export type Results = Map<string, Map<string, Measured[]>>;

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function short(value: number): string {
  return value >= 1000
    ? `${(value / 1000).toFixed(value >= 100_000 ? 0 : 1)} k`
    : value.toFixed(value >= 10 ? 0 : 3);
}

/** The median, and how far the runs lay apart. */
export function spread(list: readonly number[]): string {
  if (list.length === 0) return "";
  const [least, most] = [Math.min(...list), Math.max(...list)];
  return list.length === 1 ? short(list[0]!) : `${short(median(list))} (${short(least)}–${short(most)})`;
}

const pick = (results: Results, name: string, what: string, of: (run: Measured) => number): number[] =>
  (results.get(name)?.get(what) ?? []).map(of);

const COLUMNS: readonly (readonly [title: string, what: string, of: (run: Measured) => number])[] = [
  ["1 in flight, p50 µs", "1", (run) => run.p50Us],
  ["8, calls/s", "8", (run) => run.perSecond],
  ["64, calls/s", "64", (run) => run.perSecond],
  ["512, calls/s", "512", (run) => run.perSecond],
  ["CPU s per 10,000 at 64, client", "64", (run) => run.clientCpu],
  ["server", "64", (run) => run.serverCpu],
];

const MORE: readonly (readonly [title: string, what: string])[] = [
  ["TLS, 8, calls/s", "TLS 8"],
  ["TLS, 64, calls/s", "TLS 64"],
  ["10 KB each way, 16 in flight, calls/s", "10 KB"],
  ["100 KB each way, 16 in flight, calls/s", "100 KB"],
  ["server stream, messages/s", "stream"],
];

/** The two tables: calls of every contender, and what only some were asked. */
export function table(names: readonly string[], results: Results): string[] {
  const lines = [
    `| | ${COLUMNS.map(([title]) => title).join(" | ")} |`,
    `|---|${"--:|".repeat(COLUMNS.length)}`,
  ];
  for (const name of names)
    lines.push(
      `| ${name} | ${COLUMNS.map(([, what, of]) => spread(pick(results, name, what, of))).join(" | ")} |`,
    );
  const asked = names.filter((name) => MORE.some(([, what]) => results.get(name)?.has(what) === true));
  lines.push("", `| | ${asked.join(" | ")} |`, `|---|${"--:|".repeat(asked.length)}`);
  for (const [title, what] of MORE) {
    lines.push(
      `| ${title} | ${asked.map((name) => spread(pick(results, name, what, (run) => run.perSecond))).join(" | ")} |`,
    );
  }
  return [...lines, ""];
}

const rate = (run: Measured): number => run.perSecond;

const OURS = "@kerf/grpc";
const JS = "@grpc/grpc-js";

/** Each aim as a ratio within the run: of the medians, and of the rounds, between which the machine's load may change. */
export function comparison(results: Results): string[] {
  const ratio = (a: string, b: string, what: string, of = rate): string => {
    const [first, second] = [pick(results, a, what, of), pick(results, b, what, of)];
    if (first.length === 0 || second.length === 0) return "not measured";
    return spread(first.slice(0, second.length).map((value, at) => value / second[at]!));
  };
  const cpu = (results.get(OURS)?.get("64") ?? []).map((run) => (run.clientCpu + run.serverCpu) * 100);
  return [
    "| aim | measured |",
    "|---|--:|",
    `| at least 12 times grpc-js, 64 in flight | ${ratio(OURS, JS, "64")} |`,
    `| 200,000 calls/s, 64 in flight | ${spread(pick(results, OURS, "64", rate))} |`,
    `| ahead of Nest's TCP, 64 in flight | ${ratio(OURS, "Nest TCP", "64")} |`,
    `| ahead of framed JSON with one write per tick, 64 in flight | ${ratio(OURS, "TCP and JSON, a write per tick", "64")} |`,
    `| at least 9 times grpc-js, 8 in flight | ${ratio(OURS, JS, "8")} |`,
    `| p50 with one in flight within 1.15 of bare TCP | ${ratio(OURS, "bare TCP, no codec", "1", (run) => run.p50Us)} |`,
    `| at least 2 times grpc-js when only the client is ours | ${ratio("@kerf/grpc to grpc-js", JS, "64")} |`,
    `| at least 1.5 times grpc-js when only the server is ours | ${ratio("grpc-js to @kerf/grpc", JS, "64")} |`,
    `| at most 7 µs of CPU a call for both sides, 64 in flight | ${spread(cpu)} |`,
    "",
  ];
}

export function print(lines: readonly string[]): void {
  console.log(lines.join("\n"));
}
