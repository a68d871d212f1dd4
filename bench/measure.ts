/** Runs the cases in turn, round by round, so that all of them meet the same noise. Prints median, minimum and maximum of each. */
export async function comparison(
  title: string,
  unit: "ns" | "us",
  rounds: number,
  operations: number,
  cases: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<void> {
  const scale = unit === "ns" ? 1e6 : 1e3;
  const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const began = performance.now();
      await run();
      if (round >= 0) times.get(name)!.push(((performance.now() - began) * scale) / operations);
    }
  }
  console.log(
    `${title}: ${unit} each, median (min to max) of ${rounds} rounds of ${operations.toLocaleString("en")}`,
  );
  for (const [name, all] of times) {
    const sorted = all.toSorted((a, b) => a - b);
    const show = (value: number): string => value.toFixed(0).padStart(7);
    console.log(
      `  ${name.padEnd(40)}${show(sorted[Math.floor(sorted.length / 2)]!)}  (${show(sorted[0]!)} to ${show(sorted.at(-1)!)})`,
    );
  }
}

/** Median (min to max). */
export function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const show = (value: number): string => value.toFixed(digits);
  return `${show(sorted[Math.floor(sorted.length / 2)]!)} (${show(sorted[0]!)} to ${show(sorted.at(-1)!)})`;
}
